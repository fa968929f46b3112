import { useQuery } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Indexing = Schema<"IndexingStatus">;

const BUSY_MS = 1500;
const IDLE_MS = 30_000;

export const isBusy = (row: Pick<Indexing, "stage">): boolean => !["published", "failed", "superseded"].includes(row.stage);

/** The state of every document of the project; looked at often while something is being read. */
export function useIndexing() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["indexing", id],
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? BUSY_MS : IDLE_MS),
    queryFn: async () => {
      const rows: Indexing[] = [];
      for (;;) {
        const page = await unwrap(api.GET("/api/v1/projects/{project_id}/documents/indexing-status/", { params: { path: { project_id: id }, query: { limit: 1000, offset: rows.length } } }));
        rows.push(...page);
        if (page.length < 1000) return rows;
      }
    },
  });
}

export function useLibraryState(): { total: number; busy: number; failed: number } | null {
  const { data } = useIndexing();
  if (!data) return null;
  return { total: data.length, busy: data.filter(isBusy).length, failed: data.filter((row) => row.stage === "failed").length };
}

const LOOKED_AT = 200;

/** How many of the project's newest documents are being read; looked at again while there are some. */
export function useBusyCount(project: string, enabled = true): number {
  const { data } = useQuery({
    queryKey: ["indexing", project, "first"],
    enabled,
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? BUSY_MS : false),
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/documents/indexing-status/", { params: { path: { project_id: project }, query: { limit: LOOKED_AT } } })),
  });
  return data?.filter(isBusy).length ?? 0;
}
