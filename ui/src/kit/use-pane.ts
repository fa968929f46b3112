import { useCallback } from "react";
import { useLocation } from "wouter";

const PUSHED = { isPane: true };

/** Opens and closes a pane that the query of the address names. "Back" closes it, and closing it leaves no second entry of
 * the page in the history. `rest`: the query without the pane. */
export function usePane(isOpen: boolean, rest = "") {
  const [path, navigate] = useLocation();
  const open = useCallback((query: URLSearchParams) => navigate(`${path}?${query}`, isOpen ? { replace: true, state: history.state as unknown } : { state: PUSHED }), [navigate, path, isOpen]);
  const close = useCallback(() => {
    // By its address, as from a colleague's link, it was opened without an entry before it.
    if ((history.state as Partial<typeof PUSHED> | null)?.isPane) history.back();
    else navigate(rest ? `${path}?${rest}` : path, { replace: true });
  }, [navigate, path, rest]);
  return { open, close };
}
