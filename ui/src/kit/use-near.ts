import { useEffect, useState, type RefObject } from "react";

/** Whether an element is within two heights of what is seen of its box; until that is known, `isNearAtFirst`. */
export function useNear(element: RefObject<HTMLElement | null>, box: RefObject<HTMLElement | null>, isNearAtFirst = false): boolean {
  const [isNear, setNear] = useState(isNearAtFirst);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), { root: box.current, rootMargin: "100% 0px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, box]);
  return isNear;
}

/** In place of a box: what is seen of the page. */
export const VIEWPORT: RefObject<HTMLElement | null> = { current: null };
