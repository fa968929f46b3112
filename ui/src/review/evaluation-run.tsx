import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { cx } from "../kit/cx";
import { SelectField } from "../kit/field";
import { MoreButton } from "../kit/more-button";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { formatNumber, formatSeconds, formatShare } from "../kit/time";
import { useAccess } from "../projects/use-access";
import { EvaluatedQuestion } from "./evaluated-question";
import { isGoingOn, useComparison, useQuestions, useRunActions, type Outcome, type Question, type Run } from "./use-evaluation";

const PAGE = 100; // questions

/** A run: its scores, what has changed since the one before, and its questions. */
export function EvaluationRun({ run }: { run: Run }) {
  const { stop } = useRunActions();
  const { mayRun } = useAccess();
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {run.error ? <ErrorNote error={new Error(run.error)} /> : null}
      {isGoingOn(run) ? (
        <p className="flex flex-wrap items-center gap-3 text-muted" role="status">
          <Trans>
            {run.answered_count} of {run.question_count} questions are answered.
          </Trans>
          {mayRun ? (
            <Button small disabled={stop.isPending} onClick={() => stop.mutate(run.id)}>
              <Trans>Stop</Trans>
            </Button>
          ) : null}
        </p>
      ) : null}
      <Scores run={run} />
      <Changes run={run} />
      <Questions run={run} />
    </div>
  );
}

function Scores({ run }: { run: Run }) {
  const { t, i18n } = useLingui();
  const scores = run.scores;
  if (!scores) return null;
  const share = (value: number | null) => (value === null ? "–" : formatShare(i18n.locale, value));
  const figures: Array<[string, string]> = [
    [t`Right answers`, `${formatNumber(i18n.locale, scores.right)} / ${formatNumber(i18n.locale, run.question_count)}`],
    [t`Sources found`, share(scores.retrieval_found)],
    [t`Claims verified`, share(scores.verified_share)],
    [t`Time per answer`, scores.seconds_mean === null ? "–" : formatSeconds(i18n.locale, scores.seconds_mean)],
    [t`Tokens`, formatNumber(i18n.locale, scores.tokens_input + scores.tokens_output)],
  ];
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-5">
      {figures.map(([name, value]) => (
        <div key={name} className="bg-panel px-3 py-2 max-sm:last:col-span-2">
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="text-lg font-semibold">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Changes({ run }: { run: Run }) {
  const comparison = useComparison(run);
  const [open, setOpen] = useState<string | null>(null);
  if (comparison.isLoadingError) return <QueryError query={comparison} />;
  if (!comparison.data) return null;
  const { changed, better, worse, same, before } = comparison.data;
  return (
    <Section
      title={<Trans>Since the run before</Trans>}
      hint={
        <>
          <Plural value={worse} one="# answer is worse" other="# answers are worse" />, <Plural value={better} one="# is better" other="# are better" />, <Plural value={same} one="# is as it was." other="# are as they were." />
        </>
      }
    >
      <ul className={changed.length > 0 ? "flex flex-col" : "hidden"}>
        {changed.map((row) => (
          <li key={row.ground_truth} className="border-t py-2 first:border-t-0">
            <button type="button" aria-expanded={open === row.ground_truth} onClick={() => setOpen(open === row.ground_truth ? null : row.ground_truth)} className="flex w-full items-start gap-2 rounded-md px-1 text-start hover:bg-hover">
              <Badge tone={row.change === "worse" ? "warn" : "accent"} className="mt-0.5">
                {row.change === "worse" ? <Trans>worse</Trans> : <Trans>better</Trans>}
              </Badge>
              <span dir="auto" className="min-w-0 break-words">
                {row.query}
              </span>
            </button>
            {open === row.ground_truth ? (
              <div className="mt-3 grid gap-4 md:grid-cols-2">
                <EvaluatedQuestion run={before.id} id={row.before.id} heading={<Trans>Before</Trans>} />
                <EvaluatedQuestion run={run.id} id={row.after.id} heading={<Trans>Now</Trans>} />
              </div>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Questions({ run }: { run: Run }) {
  const { t } = useLingui();
  const [outcome, setOutcome] = useState<Outcome | "">("");
  const [open, setOpen] = useState<string | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const questions = useQuestions(run, outcome, limit);
  return (
    <Section title={<Trans>Questions</Trans>}>
      <SelectField className="w-52" label={t`Which questions`} hideLabel value={outcome} onChange={(event) => setOutcome(event.target.value as Outcome | "")}>
        <option value="">{t`All questions`}</option>
        <option value="wrong">{t`Answered wrong`}</option>
        <option value="failed">{t`Not answered`}</option>
        <option value="right">{t`Answered right`}</option>
        <option value="waiting">{t`Waiting`}</option>
      </SelectField>
      {questions.isPending ? <SkeletonLines /> : null}
      <QueryError query={questions} />
      {questions.data?.results.length === 0 ? (
        <p className="text-muted">
          <Trans>There is no such question in this run.</Trans>
        </p>
      ) : null}
      <ul className="flex flex-col">
        {(questions.data?.results ?? []).map((question) => (
          <li key={question.id} className="border-t py-2 first:border-t-0">
            <button type="button" aria-expanded={open === question.id} onClick={() => setOpen(open === question.id ? null : question.id)} className="flex w-full items-start gap-2 rounded-md px-1 text-start hover:bg-hover">
              <OutcomeBadge question={question} />
              <span dir="auto" className={cx("min-w-0 break-words", question.is_right && "text-muted")}>
                {question.query}
              </span>
            </button>
            {open === question.id ? (
              <div className="mt-3 grid gap-4 md:grid-cols-2">
                <div className="min-w-0 rounded-md border px-4 py-3">
                  <h3 className="mb-1 text-sm font-medium text-muted">
                    <Trans>What is right</Trans>
                  </h3>
                  <p dir="auto" className="break-words whitespace-pre-wrap">
                    {question.expected_answer || "–"}
                  </p>
                </div>
                <EvaluatedQuestion run={run.id} id={question.id} heading={<Trans>The answer</Trans>} />
              </div>
            ) : null}
          </li>
        ))}
      </ul>
      <MoreButton shown={questions.data?.results.length ?? 0} total={questions.data?.count ?? 0} isPending={questions.isFetching} onMore={() => setLimit(limit + PAGE)} />
    </Section>
  );
}

function OutcomeBadge({ question }: { question: Question }) {
  if (question.state === "failed")
    return (
      <Badge tone="danger" className="mt-0.5">
        <Trans>not answered</Trans>
      </Badge>
    );
  if (question.is_right === null)
    return (
      <Badge className="mt-0.5">
        <Trans>waiting</Trans>
      </Badge>
    );
  return (
    <Badge tone={question.is_right ? "accent" : "warn"} className="mt-0.5">
      {question.is_right ? <Trans>right</Trans> : <Trans>wrong</Trans>}
    </Badge>
  );
}
