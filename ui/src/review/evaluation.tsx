import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "wouter";
import { useAgents } from "../agents/use-agents";
import { Button, BUTTON_LINK } from "../kit/button";
import { cx } from "../kit/cx";
import { SelectField } from "../kit/field";
import { CheckIcon } from "../kit/icons";
import { Badge, EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { Progress } from "../kit/progress";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useAccess } from "../projects/use-access";
import { EvaluationRun } from "./evaluation-run";
import { useGroundTruths } from "./use-review";
import { isGoingOn, useRunActions, useRuns, type Run } from "./use-evaluation";

/** The known questions asked again: how many answers are right, and what has got better and worse since the last time. */
export function Evaluation() {
  const runs = useRuns();
  const access = useAccess();
  const [chosen, setChosen] = useState<string | null>(null);
  const rows = runs.data?.results ?? [];
  const run = rows.find((each) => each.id === chosen) ?? rows[0];
  const hasNone = useGroundTruths(1).data?.results.length === 0;
  if (runs.isPending) return <SkeletonLines />;
  if (runs.isLoadingError) return <QueryError query={runs} />;
  return (
    <>
      {hasNone ? null : <Start />}
      {run ? (
        <div className="grid gap-4 lg:grid-cols-[16rem_1fr]">
          <ul className="flex max-h-96 flex-col gap-1 overflow-y-auto lg:max-h-none">
            {rows.map((each) => (
              <li key={each.id}>
                <RunButton run={each} isOpen={each.id === run.id} onOpen={() => setChosen(each.id)} />
              </li>
            ))}
          </ul>
          <EvaluationRun key={run.id} run={run} />
        </div>
      ) : (
        <EmptyState
          icon={<CheckIcon size={32} />}
          title={<Trans>No evaluation yet</Trans>}
          action={
            hasNone && access.mayRun ? (
              <Link href="/review/truths" className={BUTTON_LINK}>
                <Trans>Add a known answer</Trans>
              </Link>
            ) : null
          }
        >
          <Trans>An evaluation asks the questions under Known answers and compares what comes with what is right. The next one says what has changed.</Trans>
        </EmptyState>
      )}
    </>
  );
}

function Start() {
  const { t } = useLingui();
  const access = useAccess();
  const agents = useAgents();
  const { start } = useRunActions();
  const [agent, setAgent] = useState("");
  const chosen = agent || (agents.data?.find((each) => each.is_default)?.id ?? "");
  if (!access.mayRun) return null;
  return (
    <>
      <div className="flex flex-wrap items-end gap-2">
        <SelectField className="w-60" label={t`Agent`} value={chosen} onChange={(event) => setAgent(event.target.value)}>
          {(agents.data ?? []).map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </SelectField>
        <Button look="primary" disabled={start.isPending} onClick={() => start.mutate(chosen || null)}>
          <Trans>Ask all known questions</Trans>
        </Button>
      </div>
      {start.isError ? <ErrorNote error={start.error} /> : null}
    </>
  );
}

function RunButton({ run, isOpen, onOpen }: { run: Run; isOpen: boolean; onOpen: () => void }) {
  const { t } = useLingui();
  return (
    <button type="button" aria-pressed={isOpen} onClick={onOpen} className={cx("flex w-full flex-col gap-1 rounded-md border px-3 py-2 text-start hover:bg-hover", isOpen ? "border-accent/50 bg-accent-soft" : "border-transparent")}>
      <span dir="auto" className="w-full truncate font-medium">
        {run.name || run.agent_name}
      </span>
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
        <Ago time={run.created_at} />
        {run.scores ? (
          <span>
            <Trans>
              {run.scores.right} of {run.question_count} right
            </Trans>
          </span>
        ) : null}
        {run.worse_count > 0 ? (
          <Badge tone="warn">
            <Plural value={run.worse_count} one="# worse" other="# worse" />
          </Badge>
        ) : null}
        {run.better_count > 0 ? (
          <Badge tone="accent">
            <Plural value={run.better_count} one="# better" other="# better" />
          </Badge>
        ) : null}
        {run.state === "failed" ? (
          <Badge tone="danger">
            <Trans>failed</Trans>
          </Badge>
        ) : null}
      </span>
      {isGoingOn(run) ? <Progress className="w-full" value={run.answered_count / Math.max(run.question_count, 1)} label={t`Questions answered`} /> : null}
    </button>
  );
}
