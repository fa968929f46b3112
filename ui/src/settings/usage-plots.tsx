import { Trans, useLingui } from "@lingui/react/macro";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { formatBytes, formatNumber } from "../kit/time";
import { useProject } from "../projects/use-projects";
import { costOf, lastMonths, monthName, usageQuery, type Usage } from "./usage";

const MONTHS = 6;

export function UsagePlots() {
  const { t, i18n } = useLingui();
  const { id } = useProject();
  const months = useMemo(() => lastMonths(MONTHS), []);
  const answers = useQueries({ queries: ["", ...months].map((month) => usageQuery(id, month)) });
  const failed = answers.find((each) => each.isLoadingError);
  if (failed) return <ErrorNote error={failed.error} retry={() => void Promise.all(answers.map((each) => each.refetch()))} />;
  const [total, ...byMonth] = answers.map((each) => each.data);
  if (!total) return <SkeletonLines count={6} />;
  const number = (value: number) => formatNumber(i18n.locale, value);
  const plots: Array<{ title: string; of: (usage: Usage) => number; show: (value: number) => string }> = [
    { title: t`Conversations`, of: (each) => each.playground_conversations_count, show: number },
    { title: t`Searches`, of: (each) => each.retrieval_operations_count, show: number },
    { title: t`Documents added`, of: (each) => each.total_documents_count, show: number },
    { title: t`Pages added`, of: (each) => each.total_page_count, show: number },
    { title: t`Tokens of answers`, of: (each) => each.tokens_input + each.tokens_output, show: number },
    ...(total.cost ? [{ title: t`Cost of answers`, of: (each: Usage) => each.cost ?? 0, show: (value: number) => costOf(i18n.locale, { cost: value, currency: total.currency }) }] : []),
  ];
  return (
    <>
      <Section title={<Trans>In total</Trans>}>
        <dl className="grid grid-cols-[repeat(auto-fit,minmax(min(9rem,100%),1fr))] gap-4">
          <Fact label={t`Documents`} value={number(total.total_documents_count)} />
          <Fact label={t`Pages`} value={number(total.total_page_count)} />
          <Fact label={t`Size of the files`} value={formatBytes(i18n.locale, total.total_documents_size_bytes)} />
          <Fact label={t`Searches`} value={number(total.retrieval_operations_count)} />
          <Fact label={t`Tokens`} value={number(total.tokens_input + total.tokens_output)} />
          <Fact label={t`Cost`} value={costOf(i18n.locale, total)} />
        </dl>
      </Section>
      <div className="grid gap-4 md:grid-cols-2">
        {plots.map((plot) => (
          <Section key={plot.title} title={plot.title}>
            <Bars months={months} values={byMonth.map((each) => (each ? plot.of(each) : 0))} show={plot.show} label={plot.title} />
          </Section>
        ))}
      </div>
      <ByModel total={total} />
    </>
  );
}

/** Which models have written the answers, and what they took. */
function ByModel({ total }: { total: Usage }) {
  const { i18n } = useLingui();
  if (total.models.length === 0) return null;
  return (
    <Section title={<Trans>Models</Trans>}>
      <ul>
        {total.models.map((row) => (
          <li key={row.model} className="flex flex-wrap gap-x-4 border-t py-1.5 first:border-t-0">
            <span className="min-w-[min(12rem,100%)] flex-1 break-words">{row.model}</span>
            <span className="text-muted">
              <Trans>
                {formatNumber(i18n.locale, row.tokens_input)} tokens read, {formatNumber(i18n.locale, row.tokens_output)} written
              </Trans>
            </span>
            <span className="text-muted">{costOf(i18n.locale, { cost: row.cost, currency: total.currency })}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="text-xl font-semibold">{value}</dd>
    </div>
  );
}

/** A bar a month; the numbers are in a table for those who do not see them. */
function Bars({ months, values, show, label }: { months: string[]; values: number[]; show: (value: number) => string; label: string }) {
  const { i18n } = useLingui();
  const most = Math.max(...values, 1);
  return (
    <table className="w-full">
      <caption className="sr-only">{label}</caption>
      <tbody>
        {months.map((month, index) => (
          <tr key={month}>
            <th scope="row" className="w-12 py-0.5 text-start text-sm font-normal text-muted">
              {monthName(i18n.locale, month, "short")}
            </th>
            <td className="py-0.5">
              <span className="flex items-center gap-2">
                <span className="h-4 min-w-px rounded-sm bg-accent" style={{ width: `${((values[index] ?? 0) / most) * 80}%` }} aria-hidden="true" />
                <span className="text-sm">{show(values[index] ?? 0)}</span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
