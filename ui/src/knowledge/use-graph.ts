import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { useProject } from "../projects/use-projects";

export type GraphNode = { id: string; label: string; name: string; properties: Record<string, unknown>; degree: number };
export type GraphEdge = { source: string; target: string; type: string };
export type Graph = { nodes: GraphNode[]; edges: GraphEdge[]; isWhole: boolean };

const MOST_NODES = 1000;
const MOST_EDGES = 5000;
const NAMES = ["name", "title", "value", "id", "code"];

/** The graph of the project: the first thousand nodes, and what stands between them. */
export function useGraph() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["graph", id],
    queryFn: async () => {
      const ask = (query: string) => unwrap(api.POST("/api/v1/projects/{project_id}/run-neo4j-query/", { params: { path: { project_id: id } }, body: { cypher_query: query, parameters: {} } }));
      const [nodes, edges] = await Promise.all([ask(`MATCH (n) RETURN n LIMIT ${MOST_NODES}`), ask(`MATCH (a)-[r]->(b) RETURN r LIMIT ${MOST_EDGES}`)]);
      return toGraph(nodes, edges);
    },
  });
}

export function toGraph(nodeRows: ReadonlyArray<Record<string, unknown>>, edgeRows: ReadonlyArray<Record<string, unknown>>): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const row of nodeRows) {
    const { _id, _labels, ...properties } = row.n as Record<string, unknown>;
    const label = String((_labels as string[])[0] ?? "");
    nodes.set(String(_id), { id: String(_id), label, name: nameOf(properties, label), properties, degree: 0 });
  }
  const edges: GraphEdge[] = [];
  for (const row of edgeRows) {
    const { _start, _end, _type } = row.r as Record<string, unknown>;
    const [source, target] = [nodes.get(String(_start)), nodes.get(String(_end))];
    if (!source || !target) continue;
    source.degree++;
    target.degree++;
    edges.push({ source: source.id, target: target.id, type: String(_type) });
  }
  return { nodes: [...nodes.values()], edges, isWhole: nodeRows.length < MOST_NODES && edgeRows.length < MOST_EDGES };
}

function nameOf(properties: Record<string, unknown>, label: string): string {
  const named = NAMES.find((key) => typeof properties[key] === "string" && properties[key] !== "");
  const value = named ? properties[named] : Object.entries(properties).find(([key, each]) => key !== "object_id" && typeof each === "string" && each !== "")?.[1];
  return typeof value === "string" ? value : label;
}
