import { expect, it } from "vitest";
import { fit, nodeAt, placedNames, short, simulate } from "./layout";
import { toGraph } from "./use-graph";

function star(count: number) {
  const nodes = Array.from({ length: count }, (_, id) => ({ n: { _id: id, _labels: [id === 0 ? "Supplier" : "Contract"], name: `Node number ${id}` } }));
  const edges = Array.from({ length: count - 1 }, (_, id) => ({ r: { _start: id + 1, _end: 0, _type: "SUPPLIER" } }));
  return toGraph(nodes, [...edges, { r: { _start: 1, _end: 999_999, _type: "ELSEWHERE" } }]);
}

it("leaves out relations to nodes that are not there", () => {
  const graph = star(4);
  expect(graph.edges).toHaveLength(3);
  expect(graph.nodes[0]).toMatchObject({ degree: 3, label: "Supplier", name: "Node number 0" });
});

it("names a thousand nodes without one name over another, the busiest first", () => {
  const { nodes, simulation } = simulate(star(1000));
  simulation.tick(30);
  const view = fit(nodes, 1000, 700);
  const measure = (text: string) => text.length * 7;
  const named = placedNames(nodes, view, 1000, 700, measure);
  expect(named[0]?.node.id).toBe("0");
  expect(named.length).toBeGreaterThan(10);
  const boxes = named.map(({ node, x, y }) => ({ x, y, width: measure(short(node.name)), id: node.id }));
  for (const a of boxes) for (const b of boxes) if (a.id < b.id) expect(Math.abs(a.y - b.y) >= 16 || a.x + a.width <= b.x || b.x + b.width <= a.x).toBe(true);
  const hub = nodes[0]!;
  expect(nodeAt(nodes, view, hub.x! * view.scale + view.x, hub.y! * view.scale + view.y)?.id).toBe("0");
});
