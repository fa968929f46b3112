import { Trans } from "@lingui/react/macro";
import { Button } from "../kit/button";
import { WarnIcon } from "../kit/icons";
import { acting, endActing } from "./acting";

/** Cannot be missed: says as whom one acts, on every page of the project. */
export function ActingBanner({ project }: { project: string }) {
  const current = acting();
  if (!current || current.project !== project) return null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b-2 border-warn bg-warn-soft px-4 py-2 text-warn">
      <WarnIcon className="shrink-0" />
      <p className="flex-1">
        <Trans>
          You act as <strong>{current.email}</strong>. What you ask is theirs, and the audit log has both names. If you may not act for others, the server ignores it.
        </Trans>
      </p>
      <Button small onClick={endActing}>
        <Trans>Be yourself again</Trans>
      </Button>
    </div>
  );
}
