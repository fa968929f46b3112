import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { allPages, api, unwrap } from "../api/client";
import { useProject } from "../projects/use-projects";

export type TagDefinition = { name: string; description: string; possible_values: string[]; allow_multiple_values: boolean };
/** An extractor of tags: it reads documents and says which tags they have. */
export type TagFinder = { id: string; name: string; tags: TagDefinition[] };

const LOOK_MS = 1500;
const keyOf = (project: string) => ["tag-finders", project] as const;

export function useTagFinders() {
  const { id } = useProject();
  return useQuery({
    queryKey: keyOf(id),
    queryFn: () =>
      allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/document-tag-extractors/", { params: { path: { project_id: id }, query: { limit, offset } } }))) as Promise<unknown> as Promise<TagFinder[]>,
  });
}

export function useChangeTagFinders() {
  const { id } = useProject();
  const cache = useQueryClient();
  const onSuccess = () => cache.invalidateQueries({ queryKey: keyOf(id) });
  const path = { project_id: id };
  const make = useMutation({
    onSuccess,
    mutationFn: (tag: TagDefinition) => unwrap(api.POST("/api/v1/projects/{project_id}/document-tag-extractors/", { params: { path }, body: { name: tag.name, tags: [tag] } as never })) as Promise<unknown> as Promise<TagFinder>,
  });
  const remove = useMutation({ onSuccess, mutationFn: (finder: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/document-tag-extractors/{extractor_id}/", { params: { path: { ...path, extractor_id: finder } } })) });
  return { make, remove };
}

/** Reads all documents and publishes the tags that they have; what has not changed is not read again. */
export function useRunTagFinder() {
  const { id } = useProject();
  const cache = useQueryClient();
  const [run, setRun] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (finder: string) =>
      unwrap(api.POST("/api/v1/projects/{project_id}/document-tag-extractors/{extractor_id}/run-push/", { params: { path: { project_id: id, extractor_id: finder } }, body: { document_ids: [], chunk_ids: [] } })),
    onSuccess: (started) => setRun(started.pipeline_run_id),
  });
  const state = useQuery({
    queryKey: ["tag-run", id, run],
    enabled: run !== null,
    refetchInterval: (query) => (isOver(query.state.data?.status) ? false : LOOK_MS),
    queryFn: async () => {
      const found = await unwrap(api.GET("/api/v1/projects/{project_id}/pipeline-runs/{pipeline_run_id}/", { params: { path: { project_id: id, pipeline_run_id: run ?? "" } } }));
      if (isOver(found.status)) await Promise.all([["document-tags", id], ["documents", id]].map((queryKey) => cache.invalidateQueries({ queryKey })));
      return found;
    },
  });
  return { start, isRunning: start.isPending || (run !== null && !isOver(state.data?.status)), hasFailed: state.data?.status === "failed" };
}

const isOver = (status: string | undefined) => status !== undefined && !["pending", "running"].includes(status);
