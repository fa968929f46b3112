import { Trans, useLingui } from "@lingui/react/macro";
import { Fragment, useState } from "react";
import { Button } from "../kit/button";
import { SelectField } from "../kit/field";
import { BellIcon } from "../kit/icons";
import { MoreButton } from "../kit/more-button";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useMarkFeedback, useSignals, type ReviewStatus } from "./use-review";

const PAGE = 100;

export function SignalList() {
  const { t } = useLingui();
  const [status, setStatus] = useState<ReviewStatus>("to_review");
  const [limit, setLimit] = useState(PAGE);
  const signals = useSignals(status, limit);
  const mark = useMarkFeedback();
  return (
    <>
      <SelectField className="w-44" label={t`State`} hideLabel value={status} onChange={(event) => setStatus(event.target.value as ReviewStatus)}>
        <option value="to_review">{t`To review`}</option>
        <option value="reviewed">{t`Reviewed`}</option>
      </SelectField>
      {signals.isPending ? <SkeletonLines /> : null}
      <QueryError query={signals} />
      {mark.isError ? <ErrorNote error={mark.error} /> : null}
      {signals.data?.results.length === 0 ? (
        <EmptyState icon={<BellIcon size={32} />} title={<Trans>No signals</Trans>}>
          <Trans>Programs send what they notice here: a number that looks wrong, a document that contradicts another.</Trans>
        </EmptyState>
      ) : null}
      <ul className="flex flex-col gap-2">
        {(signals.data?.results ?? []).map((signal) => (
          <li key={signal.id} className="flex flex-wrap items-start gap-3 rounded-md border bg-panel px-4 py-3">
            <div className="min-w-0 flex-1">
              <p dir="auto" className="break-words">
                {signal.feedback || <Trans>No comment</Trans>}
              </p>
              <Context values={signal.context} />
              <p className="text-sm text-muted">
                <Ago time={signal.created_at} />
              </p>
            </div>
            <Button small disabled={mark.isPending} onClick={() => mark.mutate({ id: signal.id, status: status === "reviewed" ? "to_review" : "reviewed", isSignal: true })}>
              {status === "reviewed" ? <Trans>Back to review</Trans> : <Trans>Reviewed</Trans>}
            </Button>
          </li>
        ))}
      </ul>
      <MoreButton shown={signals.data?.results.length ?? 0} total={signals.data?.count ?? 0} isPending={signals.isFetching} onMore={() => setLimit(limit + PAGE)} />
    </>
  );
}

/** What the program sent beside its words, one name and value a line. */
function Context({ values }: { values: Record<string, unknown> }) {
  const rows = Object.entries(values);
  if (rows.length === 0) return null;
  return (
    <dl className="my-1 grid grid-cols-[auto_1fr] gap-x-3 text-sm">
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="break-words text-muted">{name}</dt>
          <dd dir="auto" className="min-w-0 break-words">
            {typeof value === "string" ? value : JSON.stringify(value)}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
