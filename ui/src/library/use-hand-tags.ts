// Tags that people give documents: the rows of a table of tags, whose deployed version is what searches and filters know.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allPages, api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

const TABLE = "tags_by_hand";
const COLUMNS = ["id", "document_id", "tag_name", "tag_value", "justification", "verbatim"];
const AT_ONCE = 1000; // rows of a request
const MOST_TABLES = 2000;

export type HandTag = { id: string; document_id: string; tag_name: string; tag_value: string };
export type TagChange = { kind: "add"; documents: readonly string[]; name: string; value: string } | { kind: "remove"; tags: readonly HandTag[] };

type Operation = Schema<"DataOperation">;
const keyOf = (project: string) => ["documents", project, "hand-tags"] as const;

const operate = (project: string, table: string, body: Pick<Operation, "operation"> & Partial<Operation>) =>
  unwrap(api.POST("/api/v1/projects/{project_id}/tables/{table_id}/data-operations/", { params: { path: { project_id: project, table_id: table } }, body: { override: false, ...body } }));

/** The tags that people gave; none before the first one. */
export function useHandTags() {
  const { id } = useProject();
  return useQuery({
    queryKey: keyOf(id),
    queryFn: async () => {
      const tables = await allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/tables/", { params: { path: { project_id: id }, query: { limit, offset } } })), MOST_TABLES);
      const table = tables.find((each) => each.name === TABLE);
      return table ? readTags(id, table.id) : [];
    },
  });
}

async function readTags(project: string, table: string): Promise<HandTag[]> {
  const rows: HandTag[] = [];
  for (;;) {
    const read = await operate(project, table, { operation: "read", columns: COLUMNS, offset: rows.length });
    rows.push(...(read.data as HandTag[]));
    if (read.data.length === 0 || rows.length >= read.count) return rows;
  }
}

/** Gives documents a tag, or takes tags away; what they have from elsewhere stays. */
export function useChangeTags() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: TagChange) => {
      const body = { name: TABLE, columns: COLUMNS.map((name) => ({ name, type: "text" as const })), object_type: "document_tags" as const, object_metadata: { tags: [] } };
      // A table that is there already is given back.
      const table = await unwrap(api.POST("/api/v1/projects/{project_id}/tables/", { params: { path: { project_id: id } }, body }));
      if (change.kind === "remove") await inParts(change.tags, (some) => operate(id, table.id, { operation: "delete", filters: { id: some.map((tag) => tag.id) } }));
      else {
        const has = new Set((await readTags(id, table.id)).filter((tag) => tag.tag_name === change.name && tag.tag_value === change.value).map((tag) => tag.document_id));
        const missing = change.documents.filter((document) => !has.has(document));
        await inParts(missing, (some) => operate(id, table.id, { operation: "create", data: some.map((document_id) => ({ document_id, tag_name: change.name, tag_value: change.value })) }));
      }
      const path = { project_id: id, table_id: table.id };
      const newest = await unwrap(api.GET("/api/v1/projects/{project_id}/tables/{table_id}/latest-or-deployed-version/", { params: { path } }));
      await unwrap(api.POST("/api/v1/projects/{project_id}/tables/{table_id}/set-default-version/", { params: { path }, body: { version_id: newest.id } }));
    },
    onSettled: () => Promise.all([["documents", id], ["document-tags", id]].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

async function inParts<Item>(all: readonly Item[], send: (some: Item[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) await send(all.slice(at, at + AT_ONCE));
}
