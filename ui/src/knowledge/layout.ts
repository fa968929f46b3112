// Where the nodes of a graph stand, and which names there is room for.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation, type SimulationNodeDatum } from "d3-force";
import type { Graph, GraphNode } from "./use-graph";

export type Placed = GraphNode & SimulationNodeDatum;
export type Link = { source: Placed; target: Placed; type: string };
export type View = { x: number; y: number; scale: number };

const radiusOf = (node: { degree: number }) => 4 + Math.min(Math.sqrt(node.degree) * 1.6, 14);

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
const FEW = 40; // names that may cover nodes: those of the busiest

type Box = [left: number, top: number, right: number, bottom: number];
/** A node's name, and where it begins and stands (its middle), in pixels. */
export type Name = { node: Placed; x: number; y: number };

const overlaps = (one: Box, other: Box) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

/** The names that do not cover each other, those of nodes with most relations first. A name stands at the side of its node
 * where it covers no other one; without such a side, only the busiest nodes have theirs. */
export function placedNames(nodes: readonly Placed[], view: View, width: number, height: number, measure: (text: string) => number): Name[] {
  const spots = nodes.map((node): { node: Placed; x: number; y: number; radius: number } => ({ node, x: (node.x ?? 0) * view.scale + view.x, y: (node.y ?? 0) * view.scale + view.y, radius: drawnRadius(node, view.scale) }));
  const discs = spots.map(({ x, y, radius }): Box => [x - radius, y - radius, x + radius, y + radius]);
  const taken: Box[] = [];
  const names: Name[] = [];
  for (const { node, x, y, radius } of [...spots].sort((a, b) => b.node.degree - a.node.degree)) {
    if (x < -200 || x > width || y < -LINE || y > height) continue;
    const long = measure(short(node.name));
    const boxes = [x + radius + 3, x - radius - 3 - long].map((left): Box => [left, y - LINE / 2, left + long, y + LINE / 2]);
    // Half a name at the edge says less than none.
    const free = boxes.filter((box) => box[0] >= 0 && box[2] <= width && !taken.some((other) => overlaps(box, other)));
    const box = free.find((each) => !discs.some((disc) => overlaps(each, disc))) ?? (names.length < FEW ? free[0] : undefined);
    if (!box) continue;
    taken.push(box);
    names.push({ node, x: box[0], y });
  }
  return names;
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
