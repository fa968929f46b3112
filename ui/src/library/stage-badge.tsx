import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "../kit/notes";
import { Progress } from "../kit/progress";
import { isBusy, type Indexing } from "./use-indexing";
import { waitWords } from "./wait-texts";

/** How far a document is: searchable, being read (with its pages), waiting and for what, or failed. */
export function StageBadge({ row }: { row: Indexing }) {
  const { t, i18n } = useLingui();
  if (row.stage === "failed") {
    return (
      <Badge tone="danger">
        <Trans>failed</Trans>
      </Badge>
    );
  }
  if (!isBusy(row)) {
    return (
      <Badge tone="accent">
        <Trans>searchable</Trans>
      </Badge>
    );
  }
  const names: Record<string, string> = { uploaded: t`waiting to be read`, parsed: t`cutting into passages`, chunked: t`making it searchable`, embedded: t`publishing` };
  const pages = row.pages ?? 0;
  const waits = waitWords(i18n, row);
  return (
    <span className="flex min-w-0 items-center gap-2 text-sm leading-5 text-muted">
      {waits ? (
        <span className="text-warn" title={row.waits_for ?? undefined}>
          <Trans>waits: {waits}</Trans>
        </span>
      ) : (
        <span>{names[row.stage] ?? row.stage}</span>
      )}
      {pages > 0 ? (
        <>
          <Progress value={row.pages_done / pages} label={t`Pages done`} className="w-16 shrink-0 max-sm:hidden" />
          <span className="shrink-0 whitespace-nowrap max-sm:hidden">
            <Trans>
              {row.pages_done} of {pages}
            </Trans>
          </span>
        </>
      ) : null}
    </span>
  );
}
