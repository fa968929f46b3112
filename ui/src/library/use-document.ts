import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, unwrap, type Schema } from "../api/client";
import { inUnits, unitsIn } from "../kit/offsets";
import { useProject } from "../projects/use-projects";
import type { Indexing } from "./use-indexing";

export type DocumentData = Schema<"DocumentOut">;
export type Chunk = { id: string; ordinal: number; content: string; min_page: number | null; max_page: number | null; heading_path: string[]; blocks: Array<{ type: string; start: number; end: number; page?: number | null; place?: string | null; bbox?: number[] | null }> };
export type Version = Schema<"DocumentVersionOut">;

const PAGE = 200;
const MOST = 4000;

function usePath(id: string) {
  const project = useProject();
  return { project_id: project.id, document_id: id };
}

export function useDocument(id: string) {
  const path = usePath(id);
  return useQuery({
    queryKey: ["documents", path.project_id, id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/documents/{document_id}/", { params: { path } })),
  });
}

export function useVersions(id: string) {
  const path = usePath(id);
  return useQuery({
    queryKey: ["documents", path.project_id, id, "versions"],
    queryFn: async () => (await unwrap(api.GET("/api/v1/projects/{project_id}/documents/{document_id}/versions/", { params: { path, query: { limit: 100 } } }))).results as Version[],
  });
}

/** Asks for the document again each time that one more step of it is done, so that what was read appears by itself. */
export function useRefreshed(id: string, indexing: Indexing | undefined): void {
  const path = usePath(id);
  const cache = useQueryClient();
  const state = indexing ? `${indexing.version} ${indexing.stage}` : null;
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (state === null) return;
    if (seen.current !== null && seen.current !== state) void cache.invalidateQueries({ queryKey: ["documents", path.project_id, id] });
    seen.current = state;
  }, [state, cache, path.project_id, id]);
}

/** The chunks of the current version in the order of the text. */
export function useChunks(id: string) {
  const path = usePath(id);
  return useQuery({
    queryKey: ["documents", path.project_id, id, "chunks"],
    queryFn: async () => {
      const rows: Chunk[] = [];
      while (rows.length < MOST) {
        const page = await unwrap(api.GET("/api/v1/projects/{project_id}/documents/{document_id}/chunks/", { params: { path, query: { limit: PAGE, offset: rows.length } } }));
        for (const chunk of page.results as Chunk[]) {
          const units = unitsIn(chunk.content);
          rows.push({ ...chunk, blocks: chunk.blocks.map((block) => inUnits(block, units)) });
        }
        if (page.results.length < PAGE) break;
      }
      return rows;
    },
  });
}

export function useDiagnosis(id: string, query: string) {
  const path = usePath(id);
  return useQuery({
    queryKey: ["documents", path.project_id, id, "diagnosis", query],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/documents/{document_id}/diagnosis/", { params: { path, query: { query: query || undefined } } })),
  });
}

export function useFigures(id: string) {
  const path = usePath(id);
  return useQuery({
    queryKey: ["figures", path.project_id, id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/extracted-figures/", { params: { path: { project_id: path.project_id }, query: { document_id: id, limit: 200 } } })),
  });
}

export type Change = { kind: "retry" } | { kind: "delete" } | { kind: "metadata"; key: string; value: string } | { kind: "forget"; key: string; value: string } | { kind: "replace"; file: File };

export function useChangeDocument(id: string) {
  const path = usePath(id);
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: Change): Promise<unknown> => {
      const params = { params: { path } };
      switch (change.kind) {
        case "retry":
          return unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/retry/", { ...params, body: null }));
        case "delete":
          return unwrap(api.DELETE("/api/v1/projects/{project_id}/documents/{document_id}/", params));
        case "metadata":
          return unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/metadata-add/", { ...params, body: { key: change.key, value: change.value } }));
        case "forget":
          return unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/metadata-remove-pair/", { ...params, body: { key: change.key, value: change.value } }));
        case "replace": {
          const body = new FormData();
          body.append("file", change.file, change.file.name);
          return unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/versions/", { ...params, body: body as never, bodySerializer: (form) => form as never }));
        }
      }
    },
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ["documents", path.project_id] });
      void cache.invalidateQueries({ queryKey: ["indexing", path.project_id] });
    },
  });
}
