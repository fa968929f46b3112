import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";
import { isBusy, useIndexing, type Indexing } from "./use-indexing";

export type Document = Schema<"DocumentMinimal">;
export type Row = Document & { indexing: Indexing | null };
export type Collection = Schema<"CollectionOut">;
export type Status = "all" | "searchable" | "busy" | "failed";
export type Sort = "newest" | "name" | "size" | "pages";
export type Filter = { text: string; collection: string; status: Status; metadata: string; tag: string; language: string; sort: Sort };

const PAGE = 1000;

/** Every document of the project, without the addresses of their files. */
export function useDocuments() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["documents", id],
    queryFn: async () => {
      const rows: Document[] = [];
      for (;;) {
        const page = await unwrap(api.GET("/api/v1/projects/{project_id}/documents/get-without-file/", { params: { path: { project_id: id }, query: { limit: PAGE, offset: rows.length } } }));
        rows.push(...(page.results as Document[]));
        if (page.results.length < PAGE) return rows;
      }
    },
  });
}

export function useCollections() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["collections", id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/document-collections/", { params: { path: { project_id: id }, query: { limit: 1000 } } })),
  });
}

/** The ids of the documents that have a tag of this value; null without one, and until they are known. */
function useTagged(value: string): ReadonlySet<string> | null {
  const { id } = useProject();
  const found = useQuery({
    queryKey: ["documents", id, "tagged", value],
    enabled: value !== "",
    queryFn: async () => {
      const ids = new Set<string>();
      for (;;) {
        const params = { path: { project_id: id }, query: { limit: PAGE, offset: ids.size } };
        const page = await unwrap(api.POST("/api/v1/projects/{project_id}/documents/filter-by-tag/", { params, body: { tag_values: [value] } }));
        for (const row of page.results) ids.add(row.id);
        if (page.results.length < PAGE) return ids;
      }
    },
  });
  return value ? (found.data ?? null) : null;
}

/** The tags of the project's documents: each name with its values. */
export function useTagValues() {
  const { id } = useProject();
  return useQuery({ queryKey: ["document-tags", id], queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/available-document-tags/", { params: { path: { project_id: id } } })) });
}

/** The metadata of the project's documents: each key with its values. */
export function useMetadataValues() {
  const { id } = useProject();
  return useQuery({ queryKey: ["documents", id, "metadata"], queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/available-document-metadata/", { params: { path: { project_id: id } } })) });
}

/** The documents that the filter lets through, in its order, with their state; and all of them. */
export function useLibrary(filter: Filter) {
  const documents = useDocuments();
  const indexing = useIndexing();
  const tagged = useTagged(filter.tag);
  const all = useMemo(() => {
    const states = new Map((indexing.data ?? []).map((row) => [row.document_id, row]));
    return (documents.data ?? []).map((document): Row => ({ ...document, indexing: states.get(document.id) ?? null }));
  }, [documents.data, indexing.data]);
  const rows = useMemo(() => all.filter((row) => (tagged === null || tagged.has(row.id)) && matches(row, filter)).sort(ORDER[filter.sort]), [all, filter, tagged]);
  return { documents, rows, all };
}

const ORDER: Record<Sort, (a: Row, b: Row) => number> = {
  newest: () => 0,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  size: (a, b) => (b.file_size ?? 0) - (a.file_size ?? 0),
  pages: (a, b) => (b.page_count ?? 0) - (a.page_count ?? 0),
};

function matches(row: Row, filter: Filter): boolean {
  if (filter.text && !row.name.toLowerCase().includes(filter.text.toLowerCase())) return false;
  if (filter.collection && (row.collection_id ?? "default") !== filter.collection) return false;
  if (filter.metadata && !pairs(row).some((pair) => pair === filter.metadata)) return false;
  if (filter.language && row.indexing?.language !== filter.language) return false;
  const stage = row.indexing?.stage;
  if (filter.status === "failed") return stage === "failed";
  if (filter.status === "busy") return row.indexing !== null && isBusy(row.indexing);
  if (filter.status === "searchable") return stage === "published";
  return true;
}

/** The metadata of a document as "key: value". */
export function pairs(row: Document): string[] {
  return (row.metadata as unknown[]).flatMap((pair) => (Array.isArray(pair) ? [`${String(pair[0])}: ${String(pair[1])}`] : []));
}

export type Act =
  | { kind: "delete" }
  | { kind: "retry" }
  | { kind: "reprocess" }
  | { kind: "move"; slug: string }
  | { kind: "metadata" | "forget"; key: string; value: string };

/** Does something with several documents, one after the other; what failed is counted. */
export function useBulk() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, act }: { ids: string[]; act: Act }) => {
      if (act.kind === "move") {
        for (let at = 0; at < ids.length; at += 200) {
          await unwrap(
            api.POST("/api/v1/projects/{project_id}/document-collections/{slug}/move-documents/", {
              params: { path: { project_id: id, slug: act.slug } },
              body: { document_ids: ids.slice(at, at + 200) },
            }),
          );
        }
        return;
      }
      if (act.kind === "reprocess") {
        await unwrap(api.POST("/api/v1/projects/{project_id}/documents/reprocess/", { params: { path: { project_id: id } }, body: { document_ids: ids } }));
        return;
      }
      for (const document_id of ids) {
        const params = { params: { path: { project_id: id, document_id } } };
        if (act.kind === "delete") await unwrap(api.DELETE("/api/v1/projects/{project_id}/documents/{document_id}/", params));
        else if (act.kind === "retry") await unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/retry/", { ...params, body: null }));
        else if (act.kind === "forget") await unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/metadata-remove-pair/", { ...params, body: { key: act.key, value: act.value } }));
        else await unwrap(api.POST("/api/v1/projects/{project_id}/documents/{document_id}/metadata-add/", { ...params, body: { key: act.key, value: act.value } }));
      }
    },
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: ["documents", id] });
      void cache.invalidateQueries({ queryKey: ["indexing", id] });
      void cache.invalidateQueries({ queryKey: ["collections", id] });
    },
  });
}

export function useMakeCollection() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => unwrap(api.POST("/api/v1/projects/{project_id}/document-collections/", { params: { path: { project_id: id } }, body: { name } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["collections", id] }),
  });
}
