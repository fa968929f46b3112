import { useEffect, useState, type RefObject } from "react";

/** The page that takes the middle of what is seen. */
export function useCurrentPage(box: RefObject<HTMLElement | null>, first: number, isReady: boolean): number {
  const [current, setCurrent] = useState(first);
  useEffect(() => {
    const target = box.current;
    if (!target || !isReady) return;
    const look = () => {
      const middle = target.getBoundingClientRect().top + target.clientHeight / 2;
      const page = [...target.querySelectorAll<HTMLElement>("[data-page]")].findLast((each) => each.getBoundingClientRect().top <= middle);
      if (page) setCurrent(Number(page.dataset.page));
    };
    look();
    target.addEventListener("scroll", look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(target);
    return () => {
      target.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, [box, isReady]);
  return current;
}
