import { Trans } from "@lingui/react/macro";
import { Button } from "./button";
import { CopyIcon } from "./icons";
import { Note } from "./notes";
import { useCopy } from "./use-copy";

/** A secret that the server tells this once, to be copied. */
export function ShownOnce({ secret }: { secret: string }) {
  const copy = useCopy();
  return (
    <Note tone="accent" className="flex flex-wrap items-center gap-2">
      <span>
        <Trans>Copy it now, it is shown this once:</Trans>
      </span>
      <code className="min-w-0 break-all">{secret}</code>
      <Button small onClick={() => copy(secret)}>
        <CopyIcon size={15} />
        <Trans>Copy</Trans>
      </Button>
    </Note>
  );
}
