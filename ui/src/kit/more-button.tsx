import { Trans } from "@lingui/react/macro";
import { Button } from "./button";

type Props = { shown: number; total: number; isPending: boolean; onMore: () => void };

/** Below a list of which only the first are shown; nothing where those are all. */
export function MoreButton({ shown, total, isPending, onMore }: Props) {
  if (shown >= total) return null;
  return (
    <Button className="self-start" disabled={isPending} onClick={onMore}>
      <Trans>
        More: {shown} of {total} are shown
      </Trans>
    </Button>
  );
}
