import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import { useMedia } from "./use-media";

/** Whether an open pane lies over the page beside it, as it does on a narrow screen: then the page is to be inert. When the pane closes, the keyboard is back where it was. */
export function useIsCovered(isOpen: boolean): boolean {
  const isCovered = !useMedia("(min-width: 48rem)") && isOpen;
  const before = useRef<Element | null>(null);
  // At once: an inert page loses the focus, maybe before the pane has loaded.
  useLayoutEffect(() => {
    if (isCovered) before.current = document.activeElement;
  }, [isCovered]);
  useEffect(() => {
    if (isCovered || !(before.current instanceof HTMLElement)) return;
    if (before.current.isConnected) before.current.focus();
    before.current = null;
  }, [isCovered]);
  return isCovered;
}

/** Takes the keyboard to a pane that covers the page, and back to where it was when the pane closes. */
export function useSheetFocus(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (!box.current || getComputedStyle(box.current).position !== "fixed") return;
    const before = document.activeElement;
    box.current.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [box]);
}
