import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { allPages, api, unwrap } from "../api/client";
import { useProject } from "../projects/use-projects";
import { newClass, type Column } from "./columns";

/** An extractor of objects: its class says the columns, its table holds the rows. */
export type Grid = {
  id: string;
  name: string;
  brief: string | null;
  document_ids: string[];
  extractable_pydantic_class: string | null;
  extracted_objects_table: string | null;
  default_version: { id: string; version: number } | null;
};

export type Evidence = {
  status: "exact" | "normalized" | "derived" | "missing";
  chunk_id?: string;
  document_id?: string;
  verbatim?: string;
  place?: string | null;
  min_page?: number | null;
  corrected?: boolean;
  reviewed?: boolean;
  value?: unknown;
  unit?: string;
  currency?: string;
  extracted?: Evidence;
  inputs?: Evidence[];
  conflicts?: Array<{ value: unknown; evidence: Evidence }>;
};

export type GridRow = { id: string; document_id: string; json_object: Record<string, unknown>; evidence: Record<string, Evidence>; version: string };

const PAGE = 5000;
const LOOK_MS = 1000;
const gridsKey = (project: string) => ["grids", project] as const;
const outdatedKey = (project: string) => ["documents", project, "outdated"] as const;
const rowsKey = (project: string, table: string | null) => ["grid-rows", project, table] as const;

export function useGrids() {
  const { id } = useProject();
  return useQuery({
    queryKey: gridsKey(id),
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/object-extractors/", { params: { path: { project_id: id }, query: { limit, offset } } }))) as Promise<unknown> as Promise<Grid[]>,
  });
}

export function useRows(table: string | null) {
  const { id } = useProject();
  return useQuery({
    queryKey: rowsKey(id, table),
    enabled: table !== null,
    queryFn: async () => {
      const rows: GridRow[] = [];
      for (;;) {
        const read = await unwrap(
          api.POST("/api/v1/projects/{project_id}/tables/{table_id}/data-operations/", {
            params: { path: { project_id: id, table_id: table ?? "" } },
            body: { operation: "read", columns: ["id", "document_id", "json_object", "evidence", "version"], limit: PAGE, offset: rows.length, override: false },
          }),
        );
        rows.push(...(read.data as GridRow[]));
        if (read.data.length === 0 || rows.length >= read.count) return rows;
      }
    },
  });
}

export function useMakeGrid() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, column, choices }: { name: string; column: Column; choices: string[] }) =>
      unwrap(
        api.POST("/api/v1/projects/{project_id}/object-extractors/", {
          params: { path: { project_id: id } },
          body: { name, extractable_pydantic_class: newClass(name, [{ ...column, choices }]) } as never,
        }),
      ) as Promise<unknown> as Promise<Grid>,
    onSuccess: () => cache.invalidateQueries({ queryKey: gridsKey(id) }),
  });
}

export function useChangeGrid(grid: string) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (change: { name?: string; extractable_pydantic_class?: string }) =>
      unwrap(api.PATCH("/api/v1/projects/{project_id}/object-extractors/{extractor_id}/", { params: { path: { project_id: id, extractor_id: grid } }, body: change as never })),
    onSuccess: () => cache.invalidateQueries({ queryKey: gridsKey(id) }),
  });
}

export function useDeleteGrid() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (grid: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/object-extractors/{extractor_id}/", { params: { path: { project_id: id, extractor_id: grid } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: gridsKey(id) }),
  });
}

/** Makes the graph anew with what the grid has found. */
export function usePushGrid(table: string | null) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/projects/{project_id}/tables/{table_id}/push-objects-to-tpuf/", { params: { path: { project_id: id, table_id: table ?? "" } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["graph", id] }),
  });
}

/** The documents that a run would read: those that are new, and those that have changed since they were read; null while
 * that is not known. */
export function useOutdated(grid: Grid): ReadonlySet<string> | null {
  const { id } = useProject();
  const found = useQuery({
    // Below the documents, so that it is asked for again when they change.
    queryKey: [...outdatedKey(id), grid.id, grid.default_version?.id],
    queryFn: async () => {
      const stats = await unwrap(api.POST("/api/v1/projects/{project_id}/object-extractors/{extractor_id}/node-stats/", { params: { path: { project_id: id, extractor_id: grid.id } } }));
      return new Set(stats.recomputed_documents);
    },
  });
  return found.data ?? null;
}

/** Runs the grid over documents; a run of none is one of all. Kept results are not made again. */
export function useRunGrid(grid: Grid) {
  const { id } = useProject();
  const cache = useQueryClient();
  const [run, setRun] = useState<string | null>(null);
  const [documents, setDocuments] = useState<ReadonlySet<string> | null>(null);
  const start = useMutation({
    mutationFn: ({ wanted }: { wanted: string[]; shown: ReadonlySet<string> | null }) =>
      unwrap(
        api.POST("/api/v1/projects/{project_id}/object-extractors/{extractor_id}/run/", {
          params: { path: { project_id: id, extractor_id: grid.id } },
          body: { document_ids: wanted, chunk_ids: [] },
        }),
      ),
    onSuccess: (started, { shown }) => {
      setDocuments(shown);
      setRun(started.pipeline_run_id);
    },
  });
  const state = useQuery({
    queryKey: ["grid-run", id, run],
    enabled: run !== null,
    refetchInterval: (query) => (isOver(query.state.data?.status) ? false : LOOK_MS),
    queryFn: async () => {
      const found = await unwrap(api.GET("/api/v1/projects/{project_id}/pipeline-runs/{pipeline_run_id}/", { params: { path: { project_id: id, pipeline_run_id: run ?? "" } } }));
      if (isOver(found.status)) await Promise.all([rowsKey(id, grid.extracted_objects_table), outdatedKey(id)].map((queryKey) => cache.invalidateQueries({ queryKey })));
      return found;
    },
  });
  const isRunning = start.isPending || (run !== null && !isOver(state.data?.status));
  return { start, isRunning, running: isRunning ? documents : null, isAll: documents === null, hasFailed: state.data?.status === "failed" };
}

const isOver = (status: string | undefined) => status !== undefined && !["pending", "running"].includes(status);

/** Writes a value, which new runs then keep; or says that a value was reviewed. */
export function useChangeCell(table: string | null) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ row, name, value, reviewed }: { row: GridRow; name: string; value?: unknown; reviewed?: boolean }) => {
      const pointer = pointerOf(name);
      const change = reviewed === undefined ? { json_object: { ...row.json_object, [name]: value ?? null } } : { evidence: { ...row.evidence, [pointer]: { ...(row.evidence[pointer] ?? { status: "missing" }), reviewed } } };
      return unwrap(
        api.POST("/api/v1/projects/{project_id}/tables/{table_id}/data-operations/", {
          params: { path: { project_id: id, table_id: table ?? "" } },
          body: { operation: "update", data: [{ id: row.id, ...change }], override: false },
        }),
      );
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: rowsKey(id, table) }),
  });
}

export const pointerOf = (name: string) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
