import { useEffect, type RefObject } from "react";
import { useMedia } from "./use-media";

/** Whether an open pane lies over the page beside it, as it does on a narrow screen: then the page is to be inert. */
export function useIsCovered(isOpen: boolean): boolean {
  return !useMedia("(min-width: 48rem)") && isOpen;
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
