import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { Badge, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useProject } from "../projects/use-projects";
import { failureWords } from "./failure-texts";
import { stepWords } from "./step-texts";

type Run = Schema<"RunListItem">;

const SHOWN = 20;

function useRuns(document: string) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["documents", id, document, "runs"],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/pipeline-runs/", { params: { path: { project_id: id }, query: { document_id: document, limit: SHOWN } } })),
  });
}

/** The runs that have read the document, each with its log. */
export function DocumentRuns({ document }: { document: string }) {
  const runs = useRuns(document);
  return (
    <Section title={<Trans>Runs and logs</Trans>} hint={<Trans>A run reads one or several documents, step by step.</Trans>}>
      {runs.isPending ? <SkeletonLines /> : null}
      <QueryError query={runs} />
      {runs.data?.results.length === 0 ? (
        <p className="text-muted">
          <Trans>None yet</Trans>
        </p>
      ) : null}
      <ul>
        {(runs.data?.results ?? []).map((run) => (
          <RunRow key={run.id} run={run} document={document} />
        ))}
      </ul>
    </Section>
  );
}

function RunRow({ run, document }: { run: Run; document: string }) {
  const { i18n } = useLingui();
  const fault = run.failed_documents.find((each) => each.document_id === document);
  return (
    <li className="flex flex-col gap-1 border-t py-2 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <RunStatus status={run.status} />
        <span className="text-sm text-muted">{run.steps.map((step) => stepWords(i18n, step.step)).join(" → ")}</span>
        <Ago time={run.created_at} className="ms-auto text-sm text-muted" />
      </div>
      {fault ? <p className="text-sm break-words text-danger">{failureWords(i18n, fault)}</p> : null}
      {run.raw_logs ? (
        <details className="text-sm">
          <summary className="w-fit text-muted">
            <Trans>Log</Trans>
          </summary>
          <pre tabIndex={0} className="mt-1 max-h-72 overflow-auto rounded-md border bg-sunken p-2 text-xs">
            {run.raw_logs}
          </pre>
        </details>
      ) : null}
    </li>
  );
}

function RunStatus({ status }: { status: string }) {
  const { t } = useLingui();
  const words: Record<string, string> = {
    pending: t`waiting`,
    running: t`running`,
    completed: t`done`,
    completed_with_warnings: t`done, with warnings`,
    failed: t`failed`,
    aborted: t`stopped`,
  };
  const tone = status === "failed" ? "danger" : status === "completed" ? "accent" : status === "completed_with_warnings" ? "warn" : "plain";
  return <Badge tone={tone}>{words[status] ?? status}</Badge>;
}
