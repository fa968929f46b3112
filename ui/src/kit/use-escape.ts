import { useEffect } from "react";

/** Closes what is open with Escape, unless something above it has taken the key. */
export function useEscape(close: () => void, isOpen = true): void {
  useEffect(() => {
    if (!isOpen) return;
    const escape = (event: KeyboardEvent) => (event.key === "Escape" && !event.defaultPrevented ? close() : undefined);
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [close, isOpen]);
}
