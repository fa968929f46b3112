import { useEffect } from "react";
import { sourcesOf } from "./history";
import type { TurnView } from "./types";
import type { OpenSource } from "./use-open-source";

/** `[` and `]` walk through the sources of the answer that is open, or of the last one; Escape closes the source. */
export function useSourceKeys(turns: TurnView[], opened: OpenSource | null, open: (queryId: number, number: number) => void, close: () => void): void {
  useEffect(() => {
    const keyDown = (event: KeyboardEvent) => {
      // Many keyboards have [ on AltGr, which Windows reports as Ctrl and Alt together.
      const isShortcut = (event.ctrlKey && !event.getModifierState("AltGraph")) || event.metaKey;
      if (isShortcut || event.defaultPrevented) return;
      if (event.key === "Escape" && opened && !isOverlay()) return close();
      if ((event.key !== "[" && event.key !== "]") || isTyping(event.target)) return;
      const turn = turns.find((each) => each.queryId === opened?.queryId) ?? turns.at(-1);
      const numbers = turn ? sourcesOf(turn).map((source) => source.number) : [];
      if (!turn || numbers.length === 0) return;
      event.preventDefault();
      const place = opened ? numbers.indexOf(opened.number) : -1;
      const step = event.key === "]" ? 1 : -1;
      const next = place < 0 ? (step > 0 ? 0 : numbers.length - 1) : (place + step + numbers.length) % numbers.length;
      open(turn.queryId, numbers[next] as number);
    };
    addEventListener("keydown", keyDown);
    return () => removeEventListener("keydown", keyDown);
  }, [turns, opened, open, close]);
}

/** Letters belong to whoever writes, unless the field is empty: then there is nothing that they could spoil. */
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return target.value !== "";
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

function isOverlay(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}
