// Where the nodes of a graph stand, and which names there is room for.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation, type SimulationNodeDatum } from "d3-force";
import type { Graph, GraphNode } from "./use-graph";

export type Placed = GraphNode & SimulationNodeDatum;
export type Link = { source: Placed; target: Placed; type: string };
export type View = { x: number; y: number; scale: number };

export const radiusOf = (node: { degree: number }) => 4 + Math.min(Math.sqrt(node.degree) * 1.6, 14);

/** As drawn, in pixels: a large graph that is seen as a whole has small nodes, or they would cover each other. */
export const drawnRadius = (node: { degree: number }, scale: number) => Math.max(radiusOf(node) * Math.min(scale, 1.5), 1.5);

/** Moves nothing by itself: whoever draws calls `tick`. */
export function simulate(graph: Graph): { nodes: Placed[]; links: Link[]; simulation: Simulation<Placed, Link> } {
  const nodes: Placed[] = graph.nodes.map((node) => ({ ...node }));
  const links = graph.edges.map((edge) => ({ ...edge })) as unknown as Link[];
  const simulation = forceSimulation(nodes)
    .force("link", forceLink<Placed, Link>(links).id((node) => node.id).distance(48).strength(0.5))
    .force("charge", forceManyBody<Placed>().strength((node) => -40 - node.degree * 6).distanceMax(420))
    .force("apart", forceCollide<Placed>().radius((node) => radiusOf(node) + 3))
    .force("x", forceX(0).strength(0.04))
    .force("y", forceY(0).strength(0.05))
    .alphaDecay(0.028)
    .stop();
  return { nodes, links, simulation };
}

/** A view in which all nodes are seen. */
export function fit(nodes: readonly Placed[], width: number, height: number): View {
  if (nodes.length === 0) return { x: width / 2, y: height / 2, scale: 1 };
  const xs = nodes.map((node) => node.x ?? 0);
  const ys = nodes.map((node) => node.y ?? 0);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(1.6, (width - 80) / Math.max(right - left, 1), (height - 80) / Math.max(bottom - top, 1));
  return { scale, x: width / 2 - ((left + right) / 2) * scale, y: height / 2 - ((top + bottom) / 2) * scale };
}

const LINE = 16; // pixels

/** The nodes whose names do not cover each other's, those with most relations first. */
export function namedNodes(nodes: readonly Placed[], view: View, width: number, height: number, measure: (text: string) => number): Placed[] {
  const taken: Array<[number, number, number, number]> = [];
  const shown: Placed[] = [];
  for (const node of [...nodes].sort((a, b) => b.degree - a.degree)) {
    const x = (node.x ?? 0) * view.scale + view.x + drawnRadius(node, view.scale) + 3;
    const y = (node.y ?? 0) * view.scale + view.y - LINE / 2;
    if (x < -200 || x > width || y < -LINE || y > height) continue;
    const box: [number, number, number, number] = [x, y, x + measure(short(node.name)), y + LINE];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    shown.push(node);
  }
  return shown;
}

const MOST = 28; // characters of a name

export const short = (name: string) => (name.length > MOST ? `${name.slice(0, MOST - 1)}…` : name);

export function nodeAt(nodes: readonly Placed[], view: View, x: number, y: number): Placed | null {
  let best: Placed | null = null;
  let least = 10;
  for (const node of nodes) {
    const distance = Math.hypot((node.x ?? 0) * view.scale + view.x - x, (node.y ?? 0) * view.scale + view.y - y) - drawnRadius(node, view.scale);
    if (distance < least) [best, least] = [node, distance];
  }
  return best;
}
