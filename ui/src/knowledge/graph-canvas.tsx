import { useLingui } from "@lingui/react/macro";
import { useCallback, useEffect, useMemo, useRef, type PointerEvent as ReactPointerEvent } from "react";
import { IconButton } from "../kit/button";
import { FitIcon, ZoomInIcon, ZoomOutIcon } from "../kit/icons";
import { draw } from "./draw";
import { fit, nodeAt, simulate, type View } from "./layout";
import type { Graph } from "./use-graph";

type Props = { graph: Graph; labels: readonly string[]; chosen: string | null; onChoose: (id: string | null) => void };

const FRAME_MS = 12; // of a frame for moving nodes, so that the page stays quick
const STEP = 1.3;

/** The graph as a picture: drag to move, wheel or buttons for the size, a click for a node. */
export function GraphCanvas({ graph, labels, chosen, onChoose }: Props) {
  const { t } = useLingui();
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<View>({ x: 0, y: 0, scale: 1 });
  const isOwn = useRef(false);
  const pointed = useRef<string | null>(null);
  const { nodes, links, simulation } = useMemo(() => simulate(graph), [graph]);

  const redraw = useCallback(() => {
    const target = canvas.current;
    if (!target) return;
    if (!isOwn.current) view.current = fit(nodes, target.clientWidth, target.clientHeight);
    draw(target, { nodes, links, labels, view: view.current, focus: chosen ?? pointed.current });
  }, [nodes, links, labels, chosen]);

  useEffect(() => {
    let frame = 0;
    const move = () => {
      const end = performance.now() + FRAME_MS;
      while (simulation.alpha() > simulation.alphaMin() && performance.now() < end) simulation.tick();
      redraw();
      if (simulation.alpha() > simulation.alphaMin()) frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    const observer = new ResizeObserver(() => redraw());
    if (canvas.current) observer.observe(canvas.current);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }, [simulation, redraw]);

  const zoom = useCallback(
    (factor: number, x?: number, y?: number) => {
      const target = canvas.current;
      if (!target) return;
      const [cx, cy] = [x ?? target.clientWidth / 2, y ?? target.clientHeight / 2];
      const scale = Math.min(Math.max(view.current.scale * factor, 0.05), 6);
      const change = scale / view.current.scale;
      view.current = { scale, x: cx - (cx - view.current.x) * change, y: cy - (cy - view.current.y) * change };
      isOwn.current = true;
      redraw();
    },
    [redraw],
  );
  useEffect(() => {
    const target = canvas.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    };
    target?.addEventListener("wheel", wheel, { passive: false });
    return () => target?.removeEventListener("wheel", wheel);
  }, [zoom]);

  const pointerDown = (event: ReactPointerEvent<HTMLCanvasElement>) => {
    const target = event.currentTarget;
    const [startX, startY, before] = [event.clientX, event.clientY, view.current];
    let hasMoved = false;
    target.setPointerCapture(event.pointerId);
    const move = (next: PointerEvent) => {
      hasMoved ||= Math.hypot(next.clientX - startX, next.clientY - startY) > 4;
      if (!hasMoved) return;
      isOwn.current = true;
      view.current = { ...before, x: before.x + next.clientX - startX, y: before.y + next.clientY - startY };
      redraw();
    };
    const up = (next: PointerEvent) => {
      target.removeEventListener("pointermove", move);
      if (!hasMoved) onChoose(nodeAt(nodes, view.current, next.offsetX, next.offsetY)?.id ?? null);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", up, { once: true });
  };
  const hover = (event: ReactPointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 0) return;
    const found = nodeAt(nodes, view.current, event.nativeEvent.offsetX, event.nativeEvent.offsetY)?.id ?? null;
    if (found === pointed.current) return;
    pointed.current = found;
    event.currentTarget.style.cursor = found ? "pointer" : "grab";
    redraw();
  };
  return (
    <div className="relative h-[min(36rem,65vh)] overflow-hidden rounded-lg border bg-panel">
      <canvas ref={canvas} role="img" aria-label={t`The graph as a picture; the list below has the same`} onPointerDown={pointerDown} onPointerMove={hover} className="size-full touch-none border-line-strong bg-panel text-text" />
      <div className="absolute end-2 top-2 flex flex-col rounded-md border bg-panel">
        <IconButton label={t`Larger`} small onClick={() => zoom(STEP)}>
          <ZoomInIcon size={16} />
        </IconButton>
        <IconButton label={t`Smaller`} small onClick={() => zoom(1 / STEP)}>
          <ZoomOutIcon size={16} />
        </IconButton>
        <IconButton
          label={t`Show all`}
          small
          onClick={() => {
            isOwn.current = false;
            redraw();
          }}
        >
          <FitIcon size={16} />
        </IconButton>
      </div>
    </div>
  );
}
