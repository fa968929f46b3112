import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type VersionSummary = Schema<"VersionSummary">;

const PAGE = 50;

/** The versions of an artifact, newest first. */
export function useVersions(slug: string) {
  const { id } = useProject();
  return useInfiniteQuery({
    queryKey: ["artifact", id, slug, "versions"],
    initialPageParam: 0,
    getNextPageParam: (last: { results: VersionSummary[] }, pages) => (last.results.length < PAGE ? undefined : pages.length * PAGE),
    queryFn: async ({ pageParam }): Promise<{ results: VersionSummary[] }> =>
      unwrap(api.GET("/api/v1/projects/{project_id}/artifacts/{slug}/versions/", { params: { path: { project_id: id, slug }, query: { limit: PAGE, offset: pageParam } } })),
  });
}

export function useVersion(slug: string, version: number) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["artifact", id, slug, "versions", version],
    staleTime: Infinity,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/artifacts/{slug}/versions/{version}/", { params: { path: { project_id: id, slug, version } } })),
  });
}

/** Makes a new version with the content of an old one. */
export function useRestore(slug: string) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (version: number) => unwrap(api.POST("/api/v1/projects/{project_id}/artifacts/{slug}/versions/{version}/restore/", { params: { path: { project_id: id, slug, version } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["artifact", id, slug] }),
  });
}
