import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/**
 * Keeps what is in the middle of a box there when its pages become larger or smaller, by zooming or with the window, and
 * when the box becomes higher or lower, as lines appear above and below it.
 */
export function useKeptPlace(box: RefObject<HTMLElement | null>, scale: number, isReady: boolean): void {
  // Null until the pages are there: what is shown first is no place to be kept.
  const before = useRef<number | null>(null);
  useLayoutEffect(() => {
    const target = box.current;
    const grown = before.current === null ? 1 : scale / before.current;
    before.current = isReady ? scale : null;
    if (!target || grown === 1 || !Number.isFinite(grown)) return;
    const [x, y] = [target.clientWidth / 2, target.clientHeight / 2];
    target.scrollTo({ left: (target.scrollLeft + x) * grown - x, top: (target.scrollTop + y) * grown - y, behavior: "instant" });
  }, [box, scale, isReady]);
  useEffect(() => {
    const target = box.current;
    if (!target || !isReady) return;
    let height = target.clientHeight;
    const observer = new ResizeObserver(() => {
      const grown = target.clientHeight - height;
      height = target.clientHeight;
      if (grown !== 0) target.scrollBy({ top: -grown / 2, behavior: "instant" });
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [box, isReady]);
}
