import { useCallback, useState } from "react";
import { read, write } from "./theme";

/** A text that this browser keeps under a name: drafts, and choices of layout. */
export function useStored(key: string, initial: string): [string, (value: string) => void] {
  const [state, setState] = useState({ key, value: read(key) ?? initial });
  const value = state.key === key ? state.value : (read(key) ?? initial);
  if (state.key !== key) setState({ key, value });
  const set = useCallback(
    (next: string) => {
      setState({ key, value: next });
      write(key, next === initial ? null : next);
    },
    [key, initial],
  );
  return [value, set];
}
