import { applyActing } from "../people/acting";
import { projectQuery } from "../projects/use-projects";
import { sessionQuery } from "../session/use-session";
import { cache } from "./cache";
import { placeOf } from "./pages";

/** Asks at once for all that the page at this address needs first, instead of for one thing after the other. */
export function beginLoading(path: string): void {
  const { project } = placeOf(path);
  void cache.prefetchQuery(sessionQuery);
  if (project) {
    applyActing(project);
    void cache.prefetchQuery({ ...projectQuery(project), retry: false });
  }
}
