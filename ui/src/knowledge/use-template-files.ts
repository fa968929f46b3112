import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allPages, api, toError, unwrap, type Schema } from "../api/client";
import { authorizedFetch } from "../api/fetch";
import { useProject } from "../projects/use-projects";

export type TemplateFile = Schema<"TemplateFileOut">;

const MOST = 2000; // files: 20 for each of 100 templates

/** The files of all design templates. */
export function useTemplateFiles() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["template-files", id],
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/design-template-files/", { params: { path: { project_id: id }, query: { limit, offset } } })), MOST),
  });
}

type Change = { kind: "add"; template: string; files: readonly File[] } | { kind: "remove"; file: string };

export function useChangeTemplateFiles() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: Change): Promise<void> => {
      if (change.kind === "add") for (const file of change.files) await add(id, change.template, file);
      else await unwrap(api.DELETE("/api/v1/projects/{project_id}/design-template-files/{file_id}/", { params: { path: { project_id: id, file_id: change.file } } }));
    },
    // Also after a fault: of several files, the first may have arrived.
    onSettled: () => cache.invalidateQueries({ queryKey: ["template-files", id] }),
  });
}

async function add(project: string, template: string, file: File): Promise<void> {
  const form = new FormData();
  form.append("template_id", template);
  form.append("file", file, file.name);
  const response = await authorizedFetch(`/api/v1/projects/${project}/design-template-files/`, { method: "POST", body: form });
  if (!response.ok) throw toError(response.status, await response.json().catch(() => null));
}
