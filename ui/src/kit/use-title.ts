import { useEffect } from "react";

export function useTitle(...parts: Array<string | undefined>): void {
  const title = [...parts.filter(Boolean), "Citewell"].join(" - ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
