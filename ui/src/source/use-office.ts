import { useQueries, useQuery, queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { inUnits, unitsIn } from "../kit/offsets";
import { useProject } from "../projects/use-projects";
import type { SourceData } from "./use-source";

export type Sheet = Schema<"SheetOut">;
export type Slide = Schema<"SlideOut">;

export const WINDOW = 200; // rows that are asked for at once
const FRESH_MS = 5 * 60_000;

/** The quoted words as they stand in the passage; null where they do not. */
export function quoteOf(data: SourceData): string | null {
  return data.start == null || data.end == null ? null : data.content.slice(data.start, data.end);
}

const windowQuery = (project: string, chunk: string, number: number, quote: string | null, window: number) =>
  queryOptions({
    queryKey: ["sheet", project, chunk, number, quote, window],
    staleTime: FRESH_MS,
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/sources/{chunk_id}/sheets/{number}/", {
          params: { path: { project_id: project, chunk_id: chunk, number }, query: { verbatim: quote || undefined, offset: window * WINDOW, limit: WINDOW } },
        }),
      ),
  });

/** A sheet with its first rows. */
export function useSheet(chunk: string, number: number, quote: string | null) {
  const { id } = useProject();
  return useQuery(windowQuery(id, chunk, number, quote, 0));
}

/** The rows of a sheet by their place among those that are not blank, as far as these windows have come. */
export function useSheetRows(chunk: string, sheet: Sheet, quote: string | null, windows: number[]): Map<number, Sheet["rows"][number]> {
  const { id } = useProject();
  return useQueries({
    queries: windows.map((window) => windowQuery(id, chunk, sheet.number, quote, window)),
    combine: (results) => {
      const rows = new Map<number, Sheet["rows"][number]>();
      results.forEach((result, at) => result.data?.rows.forEach((row, index) => rows.set((windows[at] as number) * WINDOW + index, row)));
      return rows;
    },
  });
}

export function useSlide(chunk: string, number: number, quote: string | null) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["slide", id, chunk, number, quote],
    staleTime: FRESH_MS,
    queryFn: async () => {
      const slide = await unwrap(
        api.GET("/api/v1/projects/{project_id}/sources/{chunk_id}/slides/{number}/", {
          params: { path: { project_id: id, chunk_id: chunk, number }, query: { verbatim: quote || undefined } },
        }),
      );
      return { ...slide, blocks: slide.blocks.map((block) => inUnits(block, unitsIn(block.text))) };
    },
  });
}
