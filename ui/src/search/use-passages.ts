import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Mode = "hybrid" | "words" | "meaning";
/** Empty for what does not limit. `metadata` is a key and its value, as "key: value"; `document` an id. */
export type Wanted = { query: string; mode: Mode; collection?: string; tag?: string; metadata?: string; document?: string };

const SHOWN = 30;

/** The passages that fit best; none are asked for without a query. */
export function usePassages(wanted: Wanted) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["search", id, wanted],
    enabled: wanted.query !== "",
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    queryFn: () => {
      const request = { params: { path: { project_id: id } }, body: bodyOf(wanted) };
      if (wanted.mode === "words") return unwrap(api.POST("/api/v1/projects/{project_id}/retrieve-with-full-text-search/", request));
      if (wanted.mode === "meaning") return unwrap(api.POST("/api/v1/projects/{project_id}/retrieve-with-naive/", request));
      return unwrap(api.POST("/api/v1/projects/{project_id}/retrieve-with-hybrid-search/", request));
    },
  });
}

function bodyOf({ query, collection, tag, metadata, document }: Wanted): Schema<"RetrievalRequest"> {
  const [key = "", ...rest] = (metadata ?? "").split(": ");
  const body = {
    query,
    n_objects: SHOWN,
    selected_collections: collection ? [collection] : [],
    included_tags: tag ? [{ tag_value: tag }] : [],
    included_attributes: metadata ? [{ key, value: rest.join(": ") }] : [],
    selected_documents: document ? [document] : [],
  };
  return body as unknown as Schema<"RetrievalRequest">;
}
