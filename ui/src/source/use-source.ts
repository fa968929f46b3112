import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { inUnits, unitsIn } from "../kit/offsets";
import { useProject } from "../projects/use-projects";

export type SourceData = NonNullable<ReturnType<typeof useSourceData>["data"]>;

export const sourceQuery = (project: string, chunkId: string | null, verbatim: string | null) =>
  queryOptions({
    queryKey: ["source", project, chunkId, verbatim],
    enabled: chunkId !== null,
    staleTime: 5 * 60_000,
    queryFn: async () => {
      const found = await unwrap(
        api.GET("/api/v1/projects/{project_id}/sources/{chunk_id}/", {
          params: { path: { project_id: project, chunk_id: chunkId ?? "" }, query: { verbatim: verbatim || undefined } },
        }),
      );
      const units = unitsIn(found.content);
      return { ...inUnits(found, units), blocks: found.blocks.map((block) => inUnits(block, units)) };
    },
  });

export function useSourceData(chunkId: string | null, verbatim: string | null) {
  const { id } = useProject();
  return useQuery({ ...sourceQuery(id, chunkId, verbatim), placeholderData: keepPreviousData });
}

/** The boxes of the very words, where the kind has pages: they come a moment after the lines' shares. */
export function useExactPages(data: SourceData) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["source", id, data.chunk_id, data.start, data.end, "exact"],
    enabled: data.start !== null && (data.view === "pages" || data.view === "picture"),
    staleTime: 5 * 60_000,
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/sources/{chunk_id}/", {
          params: { path: { project_id: id, chunk_id: data.chunk_id }, query: { verbatim: data.content.slice(data.start ?? 0, data.end ?? 0), exact: true } },
        }),
      ),
  });
}

/** The file of a source that is a PDF: a name for its content, its address, and the page of the quoted words. */
export function pdfOf(project: string, data: SourceData): { name: string; url: string; page: number } {
  return { name: `${data.document_id}.${data.version}`, url: sourceFile(project, data.chunk_id), page: data.pages[0]?.page ?? data.min_page ?? 1 };
}

export function sourceFile(project: string, chunkId: string): string {
  return `/api/v1/projects/${project}/sources/${chunkId}/file/`;
}
