// Draws a graph on a canvas, in the colours of the page.
import { drawnRadius, placedNames, short, type Link, type Placed, type View } from "./layout";

// One for each label; they are told apart in light and dark, and by people who see few colours.
const COLOURS = ["#0b8f7c", "#c2571a", "#5b6ee1", "#a8379b", "#8a7a00", "#2f8fd0", "#b3364b", "#5f7d3a"];
const OTHER = "#7b838b";

export const colourOf = (labels: readonly string[], label: string) => COLOURS[labels.indexOf(label)] ?? OTHER;

export type Scene = { nodes: readonly Placed[]; links: readonly Link[]; labels: readonly string[]; view: View; focus: string | null };

export function draw(canvas: HTMLCanvasElement, { nodes, links, labels, view, focus }: Scene): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const style = getComputedStyle(canvas);
  const [text, line] = [style.color, style.borderTopColor];
  context.lineWidth = 1;
  const near = focus ? neighbours(links, focus) : null;
  const place = (node: Placed): [number, number] => [(node.x ?? 0) * view.scale + view.x, (node.y ?? 0) * view.scale + view.y];

  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  for (const link of links) {
    const isNear = focus !== null && (link.source.id === focus || link.target.id === focus);
    context.globalAlpha = isNear ? 1 : near ? 0.15 : 0.6;
    context.strokeStyle = isNear ? text : line;
    context.beginPath();
    context.moveTo(...place(link.source));
    context.lineTo(...place(link.target));
    context.stroke();
  }
  for (const node of nodes) {
    context.globalAlpha = near && !near.has(node.id) ? 0.2 : 1;
    context.fillStyle = colourOf(labels, node.label);
    context.beginPath();
    context.arc(...place(node), drawnRadius(node, view.scale), 0, 2 * Math.PI);
    context.fill();
    if (node.id === focus) {
      context.strokeStyle = text;
      context.lineWidth = 2;
      context.stroke();
      context.lineWidth = 1;
    }
  }
  context.globalAlpha = 1;
  context.font = `12px ${style.fontFamily}`;
  context.textBaseline = "middle";
  context.fillStyle = text;
  context.strokeStyle = style.backgroundColor;
  context.lineWidth = 3;
  context.lineJoin = "round";
  const wanted = near ? nodes.filter((node) => near.has(node.id)) : nodes;
  for (const { node, x, y } of placedNames(wanted, view, width, height, (name) => context.measureText(name).width)) {
    context.strokeText(short(node.name), x, y);
    context.fillText(short(node.name), x, y);
  }
  context.lineWidth = 1;
}

function neighbours(links: readonly Link[], id: string): Set<string> {
  const found = new Set([id]);
  for (const link of links) {
    if (link.source.id === id) found.add(link.target.id);
    if (link.target.id === id) found.add(link.source.id);
  }
  return found;
}
