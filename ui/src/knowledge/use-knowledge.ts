import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Artifact = Schema<"ArtifactOut">;
export type TextSlug = "brief" | "general_knowledge" | "corpus_description";
export type Playbook = Schema<"Playbook">;
export type MentalMap = Schema<"MentalMap">;
export type DesignTemplate = Schema<"DesignTemplate">;

const keyOf = (project: string, slug: string) => ["artifact", project, slug] as const;

export function useArtifact(slug: string) {
  const { id } = useProject();
  return useQuery({
    queryKey: keyOf(id, slug),
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/artifacts/{slug}/", { params: { path: { project_id: id, slug } } })),
  });
}

function useEdit<Change>(slug: string, send: (project: string, change: Change) => Promise<unknown>) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({ mutationFn: (change: Change) => send(id, change), onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(id, slug) }) });
}

/** `base`: the version that was read. Where somebody has written a newer one, the server refuses. */
type Text = { content: string; base: number };

export function useEditText(slug: TextSlug) {
  return useEdit<Text>(slug, (project, { content, base }) => {
    const request = { params: { path: { project_id: project } }, body: { action: "set" as const, content, base_version: base, change_summary: "", changes: [] } };
    switch (slug) {
      case "brief":
        return unwrap(api.POST("/api/v1/projects/{project_id}/artifact-edits/brief/", request));
      case "general_knowledge":
        return unwrap(api.POST("/api/v1/projects/{project_id}/artifact-edits/general-knowledge/", request));
      case "corpus_description":
        return unwrap(api.POST("/api/v1/projects/{project_id}/artifact-edits/corpus-description/", request));
    }
  });
}

export function useEditPlaybook() {
  return useEdit<{ playbook?: Playbook; remove?: string; base: number }>("playbooks", (project, { playbook, remove, base }) =>
    unwrap(
      api.POST("/api/v1/projects/{project_id}/artifact-edits/playbook/", {
        params: { path: { project_id: project } },
        body: { action: remove ? "delete" : "set", playbook: playbook ?? null, playbook_name: remove ?? null, base_version: base, change_summary: "", changes: [] },
      }),
    ),
  );
}

export function useEditMap() {
  return useEdit<{ content: MentalMap; base: number }>("mental_map", (project, { content, base }) =>
    unwrap(
      api.POST("/api/v1/projects/{project_id}/artifact-edits/mental-map/", {
        params: { path: { project_id: project } },
        body: { action: "set", content, base_version: base, change_summary: "", changes: [] },
      }),
    ),
  );
}

export function useEditTemplate() {
  return useEdit<{ template?: DesignTemplate; remove?: string; base: number }>("design_templates", (project, { template, remove, base }) =>
    unwrap(
      api.POST("/api/v1/projects/{project_id}/artifact-edits/design-template/", {
        params: { path: { project_id: project } },
        body: { action: remove ? "delete" : "upsert", template: template ?? null, template_name: remove ?? null, base_version: base, change_summary: "" },
      }),
    ),
  );
}
