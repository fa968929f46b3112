// Acting as another user of a project (impersonation): for this tab alone, until it is ended.
import { setActingAs } from "../api/fetch";

const KEY = "citewell.acting";

export type Acting = { project: string; email: string };

export function acting(): Acting | null {
  try {
    const stored = sessionStorage.getItem(KEY);
    return stored ? (JSON.parse(stored) as Acting) : null;
  } catch {
    return null;
  }
}

/** The page is loaded anew, so that nothing of one user is shown as another's. */
export function actAs(project: string, email: string): void {
  sessionStorage.setItem(KEY, JSON.stringify({ project, email }));
  location.assign(`/p/${project}/ask`);
}

export function endActing(): void {
  forgetActing();
  location.reload();
}

export function forgetActing(): void {
  sessionStorage.removeItem(KEY);
}

/** From now on requests of this page act as whom the tab acts as. */
export function applyActing(project: string | null): void {
  const current = acting();
  setActingAs(current && current.project === project ? current.email : null);
}
