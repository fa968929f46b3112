import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { formatNumber, formatSeconds } from "../kit/time";
import { findingWords } from "./finding-texts";

type Report = Schema<"HealthOut">;

/** What works, what has to be mended and how, what waits, and which versions run. */
export function Health() {
  const health = useQuery({ queryKey: ["health"], refetchInterval: 15_000, queryFn: () => unwrap(api.GET("/api/v1/health/")) });
  if (health.isPending) return <SkeletonLines />;
  if (health.isLoadingError) return <QueryError query={health} />;
  return (
    <>
      <Findings rows={health.data.findings} />
      <Queues report={health.data} />
      <Versions report={health.data} />
      <CheckedModels rows={health.data.checked_models} />
    </>
  );
}

function Findings({ rows }: { rows: Report["findings"] }) {
  const { i18n } = useLingui();
  const bad = rows.filter((row) => row.level === "bad").length;
  return (
    <Section
      title={bad === 0 ? <Trans>The server works</Trans> : <Plural value={bad} one="# thing has to be fixed" other="# things have to be fixed" />}
      hint={
        <Trans>
          This page looks again every 15 seconds. <code>citewell doctor</code> also asks the models and looks at the files.
        </Trans>
      }
    >
      <ul>
        {rows.map((row) => ({ ...row, ...findingWords(i18n, row) })).map((row) => (
          <li key={row.subject} className="flex items-start gap-2 border-t py-2 first:border-t-0">
            <Level level={row.level} />
            <div className="min-w-0 flex-1 sm:flex sm:gap-3">
              <span className="block shrink-0 font-medium first-letter:uppercase sm:w-48">{row.subject}</span>
              <span className="min-w-0 break-words text-muted">
                {row.text}
                {row.lines.map((line) => (
                  <span key={line} className="block">
                    {line}
                  </span>
                ))}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Level({ level }: { level: string }) {
  const { t } = useLingui();
  const isGood = level === "ok";
  return (
    <>
      {isGood ? <CheckIcon className="mt-0.5 shrink-0 text-accent" /> : <WarnIcon className={level === "bad" ? "mt-0.5 shrink-0 text-danger" : "mt-0.5 shrink-0 text-warn"} />}
      <span className="sr-only">{isGood ? t`good` : level === "bad" ? t`to be fixed` : t`to know`}</span>
    </>
  );
}

function Queues({ report }: { report: Report }) {
  const { t, i18n } = useLingui();
  return (
    <Section title={<Trans>What is waiting</Trans>} hint={<Plural value={report.turns_running} _0="This server writes no answer at the moment." one="This server writes # answer." other="This server writes # answers." />}>
      {report.queues.length === 0 ? (
        <p className="text-muted">
          <Trans>Nothing is waiting.</Trans>
        </p>
      ) : (
        <ul>
          {report.queues.map((queue) => (
            <li key={queue.name} className="flex flex-wrap gap-x-3 border-t py-2 first:border-t-0">
              <span className="w-48 font-medium">{queue.name}</span>
              <span className="text-muted">
                <Plural value={queue.jobs} one="# job" other="# jobs" />, {t`the oldest for ${formatSeconds(i18n.locale, Math.round(queue.oldest_seconds))}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Versions({ report }: { report: Report }) {
  const { t } = useLingui();
  const facts: Array<[string, string]> = [
    ["Citewell", report.version],
    ["Python", report.python_version],
    ["PostgreSQL", report.database_version],
    [t`Language model`, report.model],
    [t`Embedding model`, report.embedding_model ?? t`built in`],
  ];
  return (
    <Section title={<Trans>Versions and models</Trans>}>
      <dl className="flex flex-col gap-1">
        {facts.map(([name, value]) => (
          <div key={name} className="flex flex-wrap gap-x-3">
            <dt className="w-48 font-medium">{name}</dt>
            <dd className="min-w-0 break-words text-muted">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** What `model check` found of language models. */
function CheckedModels({ rows }: { rows: Report["checked_models"] }) {
  const { i18n } = useLingui();
  return (
    <Section
      title={<Trans>Checked models</Trans>}
      hint={
        <Trans>
          What <code>citewell model check</code> found of them.
        </Trans>
      }
    >
      {rows.length === 0 ? (
        <p className="text-muted">
          <Trans>No model has been checked yet. The command asks one a few small things and keeps what it found.</Trans>
        </p>
      ) : null}
      <ul>
        {rows.map((row) => (
          <li key={row.name} className="flex flex-wrap gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span className="min-w-[min(12rem,100%)] flex-1 font-medium break-words">{row.name}</span>
            <span className="text-muted">{row.takes_tools ? <Trans>calls tools</Trans> : <Trans>cannot call tools</Trans>}</span>
            <span className="text-muted">{row.context_tokens === null ? <Trans>context length unknown</Trans> : <Trans>reads up to {formatNumber(i18n.locale, row.context_tokens)} tokens</Trans>}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
