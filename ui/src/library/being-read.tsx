import { Plural } from "@lingui/react/macro";
import { useProject } from "../projects/use-projects";
import { useBusyCount } from "./use-indexing";

/** Says that documents are on their way, where an answer would miss them. */
export function BeingRead() {
  const count = useBusyCount(useProject().id);
  if (count === 0) return null;
  return (
    <p role="status" className="px-1 pb-1.5 text-sm text-muted">
      <Plural value={count} one="# document is being read. Answers do not know it yet." other="# documents are being read. Answers do not know them yet." />
    </p>
  );
}
