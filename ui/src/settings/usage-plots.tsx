import { Trans, useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { formatBytes, formatNumber, regional } from "../kit/time";
import { useUsage, type Usage } from "./use-settings";

const MONTHS = 6;

export function UsagePlots() {
  const { t, i18n } = useLingui();
  const months = useMemo(lastMonths, []);
  const usage = useUsage(months);
  if (usage.isPending) return <SkeletonLines count={6} />;
  if (usage.isLoadingError) return <ErrorNote error={usage.error} />;
  const { total } = usage.data;
  const number = (value: number) => formatNumber(i18n.locale, value);
  const plots: Array<{ title: string; of: (usage: Usage) => number; show: (value: number) => string }> = [
    { title: t`Conversations`, of: (each) => each.playground_conversations_count, show: number },
    { title: t`Searches`, of: (each) => each.retrieval_operations_count, show: number },
    { title: t`Documents put in`, of: (each) => each.total_documents_count, show: number },
    { title: t`Pages put in`, of: (each) => each.total_page_count, show: number },
  ];
  return (
    <>
      <Section title={<Trans>All in all</Trans>}>
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
          <Fact label={t`Documents`} value={number(total.total_documents_count)} />
          <Fact label={t`Pages`} value={number(total.total_page_count)} />
          <Fact label={t`Size of the files`} value={formatBytes(i18n.locale, total.total_documents_size_bytes)} />
          <Fact label={t`Searches`} value={number(total.retrieval_operations_count)} />
        </dl>
      </Section>
      <div className="grid gap-4 md:grid-cols-2">
        {plots.map((plot) => (
          <Section key={plot.title} title={plot.title}>
            <Bars months={months} values={usage.data.months.map(plot.of)} show={plot.show} label={plot.title} />
          </Section>
        ))}
      </div>
    </>
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
  const name = (month: string) => new Intl.DateTimeFormat(regional(i18n.locale), { month: "short", timeZone: "UTC" }).format(new Date(`${month}-15T00:00:00Z`));
  return (
    <table className="w-full">
      <caption className="sr-only">{label}</caption>
      <tbody>
        {months.map((month, index) => (
          <tr key={month}>
            <th scope="row" className="w-12 py-0.5 text-start text-sm font-normal text-muted">
              {name(month)}
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

function lastMonths(): string[] {
  const today = new Date();
  return Array.from({ length: MONTHS }, (_, index) => {
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - (MONTHS - 1 - index), 1));
    return month.toISOString().slice(0, 7);
  });
}
