import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import { useMedia } from "./use-media";

/** Whether an open pane lies over the page beside it, as it does on a narrow screen: then the page is to be inert. */
export function useIsCovered(isOpen: boolean): boolean {
  const isCovered = !useMedia("(min-width: 48rem)") && isOpen;
  useFocusBack(isCovered);
  return isCovered;
}

/** Returns the focus, when something over the page has closed, to where it was before that opened. */
export function useFocusBack(isOpen: boolean): void {
  const before = useRef<Element | null>(null);
  // In a layout effect: an inert page loses the focus soon after, maybe before what opens has loaded.
  useLayoutEffect(() => {
    if (isOpen) before.current = document.activeElement;
  }, [isOpen]);
  useEffect(() => {
    if (isOpen) return;
    if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    before.current = null;
  }, [isOpen]);
}

/** Takes the focus to a pane that covers the page. */
export function useSheetFocus(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (box.current && getComputedStyle(box.current).position === "fixed") box.current.focus();
  }, [box]);
}
