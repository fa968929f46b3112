import { useEffect, type RefObject } from "react";

/** A place on a page, in points from its top left. */
export type PagePoint = { page: number; x: number; y: number };

/** Tells over which place of which page the pointer is, and where it is clicked; null when it leaves the pages.
 * `scale`: pixels of the screen for a point of the page. */
export function usePointer(box: RefObject<HTMLElement | null>, scale: number | ((sheet: HTMLElement) => number), isTurned: boolean, tell: ((point: PagePoint | null, isClick: boolean) => void) | undefined): void {
  useEffect(() => {
    const target = box.current;
    if (!target || !tell || isTurned) return;
    const pointOf = (event: MouseEvent): PagePoint | null => {
      const sheet = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-page]") : null;
      if (!sheet) return null;
      const { left, top } = sheet.getBoundingClientRect();
      const pixels = typeof scale === "number" ? scale : scale(sheet);
      return { page: Number(sheet.dataset.page), x: (event.clientX - left) / pixels, y: (event.clientY - top) / pixels };
    };
    const move = (event: PointerEvent) => (event.pointerType === "mouse" ? tell(pointOf(event), false) : undefined);
    const leave = () => tell(null, false);
    // Who selects text does not point.
    const click = (event: MouseEvent) => (getSelection()?.isCollapsed === false ? undefined : tell(pointOf(event), true));
    target.addEventListener("pointermove", move, { passive: true });
    target.addEventListener("pointerleave", leave);
    target.addEventListener("click", click);
    return () => {
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerleave", leave);
      target.removeEventListener("click", click);
    };
  }, [box, scale, isTurned, tell]);
}
