import { Trans, useLingui } from "@lingui/react/macro";
import { useDeferredValue, useState } from "react";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { cx } from "../kit/cx";
import { SelectField, TextField } from "../kit/field";
import { CheckIcon, ReviewIcon, ThumbDownIcon, ThumbUpIcon } from "../kit/icons";
import { MoreButton } from "../kit/more-button";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useAccess } from "../projects/use-access";
import { AnswerBeside } from "./answer-beside";
import { GroundTruthDialog } from "./ground-truth-dialog";
import { useFeedbackGroups, useMarkFeedback, type Draft, type Group, type Opinion, type ReviewStatus } from "./use-review";

const PAGE = 50;

export function FeedbackQueue() {
  const { t } = useLingui();
  const [status, setStatus] = useState<ReviewStatus>("to_review");
  const [text, setText] = useState("");
  const [draft, setDraft] = useState<Draft | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const groups = useFeedbackGroups(status, useDeferredValue(text.trim()), limit);
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <SelectField className="w-44" label={t`State`} hideLabel value={status} onChange={(event) => setStatus(event.target.value as ReviewStatus)}>
          <option value="to_review">{t`To review`}</option>
          <option value="reviewed">{t`Reviewed`}</option>
        </SelectField>
        <TextField className="min-w-[min(12rem,100%)] flex-1" label={t`Search in feedback`} hideLabel type="search" dir="auto" placeholder={t`Search in feedback`} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {groups.isPending ? <SkeletonLines /> : null}
      <QueryError query={groups} />
      {groups.data?.results.length === 0 ? (
        <EmptyState icon={<ReviewIcon size={32} />} title={status === "to_review" ? <Trans>Nothing to review</Trans> : <Trans>Nothing reviewed yet</Trans>}>
          <Trans>When somebody says that an answer is good or bad, it comes here, with the question and the answer.</Trans>
        </EmptyState>
      ) : null}
      <ul className="flex flex-col gap-4">
        {(groups.data?.results ?? []).map((group) => (
          <GroupCard key={group.conversation_id ?? "none"} group={group as Group} onTruth={setDraft} />
        ))}
      </ul>
      <MoreButton shown={groups.data?.results.length ?? 0} total={groups.data?.count ?? 0} isPending={groups.isFetching} onMore={() => setLimit(limit + PAGE)} />
      {draft ? <GroundTruthDialog draft={draft} onClose={() => setDraft(null)} /> : null}
    </>
  );
}

function GroupCard({ group, onTruth }: { group: Group; onTruth: (draft: Draft) => void }) {
  return (
    <li className="rounded-lg border bg-panel">
      <header className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2">
        <h2 dir="auto" className="min-w-0 flex-1 truncate font-semibold">
          {group.conversation_id ? (
            <Link href={`/c/${group.conversation_id}`} className="hover:underline">
              {group.conversation_title || <Trans>Untitled</Trans>}
            </Link>
          ) : (
            <Trans>Of no conversation</Trans>
          )}
        </h2>
        <span className="text-sm text-muted">{group.agent_name}</span>
      </header>
      <ul>
        {(group.feedbacks as Opinion[]).map((opinion) => (
          <OpinionRow key={opinion.id} opinion={opinion} onTruth={onTruth} conversation={group.conversation_id} />
        ))}
      </ul>
    </li>
  );
}

function OpinionRow({ opinion, conversation, onTruth }: { opinion: Opinion; conversation: string | null; onTruth: (draft: Draft) => void }) {
  const { t } = useLingui();
  const mark = useMarkFeedback();
  const access = useAccess();
  const isReviewed = opinion.status === "reviewed";
  const by = "email" in opinion.given_by ? String(opinion.given_by.email) : "";
  const turn = Number((opinion.context as Record<string, unknown>).query_id ?? Number.NaN);
  const hasTurn = conversation !== null && Number.isInteger(turn);
  return (
    <li className={cx("grid gap-x-4 gap-y-2 border-t px-4 py-3 first:border-t-0", hasTurn && "md:grid-cols-2")}>
      <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-start gap-2">
        {opinion.is_positive === null ? null : opinion.is_positive ? (
          <ThumbUpIcon size={16} className="mt-1 shrink-0 text-accent" aria-label={t`good`} aria-hidden={undefined} role="img" />
        ) : (
          <ThumbDownIcon size={16} className="mt-1 shrink-0 text-danger" aria-label={t`not good`} aria-hidden={undefined} role="img" />
        )}
        <div className="min-w-0 flex-1">
          <p dir="auto" className="font-medium break-words">
            {opinion.user_message || <Trans>No question</Trans>}
          </p>
          {opinion.feedback ? (
            <p dir="auto" className="break-words whitespace-pre-wrap">
              {opinion.feedback}
            </p>
          ) : null}
          <p className="text-sm text-muted">
            {by} <Ago time={opinion.created_at} />
          </p>
        </div>
      </div>
      {mark.isError ? <ErrorNote error={mark.error} /> : null}
      <div className="flex flex-wrap gap-2">
        {conversation ? (
          <Link href={`/c/${conversation}${Number.isInteger(turn) ? `?turn=${turn}&source=1` : ""}`} className="inline-flex h-7 items-center rounded-md border px-2 text-sm font-medium hover:bg-hover">
            <Trans>Open the conversation</Trans>
          </Link>
        ) : null}
        {access.mayRun || !access.isKnown ? (
          <Button small onClick={() => onTruth({ query: opinion.user_message, answer: "", additional_notes: opinion.feedback, feedback: { id: opinion.id, isPositive: opinion.is_positive === true } })}>
            <Trans>Make it a known answer</Trans>
          </Button>
        ) : null}
        <Button small disabled={mark.isPending} onClick={() => mark.mutate({ id: opinion.id, status: isReviewed ? "to_review" : "reviewed" })}>
          <CheckIcon size={15} />
          {isReviewed ? <Trans>Back to review</Trans> : <Trans>Reviewed</Trans>}
        </Button>
      </div>
      </div>
      {hasTurn ? <AnswerBeside conversation={conversation} turn={turn} /> : null}
    </li>
  );
}
