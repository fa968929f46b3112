import { useLayoutEffect, useRef, type RefObject } from "react";

/** Keeps what is in the middle of a box there when its pages become larger or smaller: by zooming, or with the window. */
export function useKeptPlace(box: RefObject<HTMLElement | null>, scale: number, isReady: boolean): void {
  const before = useRef(scale);
  useLayoutEffect(() => {
    const target = box.current;
    const grown = scale / before.current;
    before.current = scale;
    if (!target || !isReady || grown === 1 || !Number.isFinite(grown)) return;
    const [x, y] = [target.clientWidth / 2, target.clientHeight / 2];
    target.scrollTo({ left: (target.scrollLeft + x) * grown - x, top: (target.scrollTop + y) * grown - y, behavior: "instant" });
  }, [box, scale, isReady]);
}
