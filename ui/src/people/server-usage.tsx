import { Trans, useLingui } from "@lingui/react/macro";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { SelectField } from "../kit/field";
import { EmptyState, QueryError } from "../kit/notes";
import { Skeleton, SkeletonLines } from "../kit/skeleton";
import { formatBytes, formatNumber } from "../kit/time";
import { useProjects, type Project } from "../projects/use-projects";
import { costOf, lastMonths, monthName, usageQuery, type Usage } from "../settings/usage";

const SHOWN = 25;

/** What each project holds and has used, in a month or in all. */
export function ServerUsage() {
  const { t, i18n } = useLingui();
  const [month, setMonth] = useState("");
  const [count, setCount] = useState(SHOWN);
  const projects = useProjects();
  if (projects.isPending) return <SkeletonLines />;
  if (projects.isLoadingError) return <QueryError query={projects} />;
  if (projects.data.length === 0) return <EmptyState title={<Trans>No projects yet</Trans>} />;
  return (
    <>
      <SelectField className="w-56" label={t`Month`} value={month} onChange={(event) => setMonth(event.target.value)}>
        <option value="">{t`All time`}</option>
        {lastMonths(12)
          .reverse()
          .map((each) => (
            <option key={each} value={each}>
              {monthName(i18n.locale, each, "long")}
            </option>
          ))}
      </SelectField>
      <UsageTable projects={projects.data.slice(0, count)} month={month} />
      {projects.data.length > count ? (
        <Button className="self-start" onClick={() => setCount(count + SHOWN)}>
          <Trans>More</Trans>
        </Button>
      ) : null}
    </>
  );
}

function UsageTable({ projects, month }: { projects: readonly Project[]; month: string }) {
  const { t, i18n } = useLingui();
  const usages = useQueries({ queries: projects.map(({ id }) => usageQuery(id, month)) });
  const number = (value: number) => formatNumber(i18n.locale, value);
  const columns: Array<{ name: string; show: (usage: Usage) => string }> = [
    { name: t`Documents`, show: (each) => number(each.total_documents_count) },
    { name: t`Pages`, show: (each) => number(each.total_page_count) },
    { name: t`Size`, show: (each) => formatBytes(i18n.locale, each.total_documents_size_bytes) },
    { name: t`Conversations`, show: (each) => number(each.playground_conversations_count) },
    { name: t`Searches`, show: (each) => number(each.retrieval_operations_count) },
    { name: t`Tokens`, show: (each) => number(each.tokens_input + each.tokens_output) },
    { name: t`Cost`, show: (each) => costOf(i18n.locale, each) },
  ];
  return (
    <div className="overflow-x-auto rounded-md border bg-panel" tabIndex={0} role="region" aria-label={t`Usage by project`}>
      <table className="w-full text-sm">
        <thead>
          <tr className="text-muted">
            <th scope="col" className="px-3 py-2 text-start font-normal">
              <Trans>Project</Trans>
            </th>
            {columns.map(({ name }) => (
              <th key={name} scope="col" className="px-3 py-2 text-end font-normal">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {projects.map((project, index) => (
            <tr key={project.id} className="border-t">
              <th scope="row" className="max-w-64 truncate px-3 py-1.5 text-start font-medium">
                <Link href={`/p/${project.id}/settings/usage`} dir="auto" className="hover:underline">
                  {project.name}
                </Link>
              </th>
              {columns.map(({ name, show }) => (
                <td key={name} className="px-3 py-1.5 text-end whitespace-nowrap">
                  {usages[index]?.data ? show(usages[index].data) : usages[index]?.isError ? "–" : <Skeleton className="ms-auto w-10" />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
