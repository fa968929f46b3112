import { Trans, useLingui } from "@lingui/react/macro";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { api, unwrap, type Schema } from "../api/client";
import { Button } from "../kit/button";
import { SelectField, TextField } from "../kit/field";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { roleOf, useRoleWords } from "../settings/roles";
import { actionWords, AUDIT_ACTIONS } from "./audit-actions";
import { detailWords } from "./audit-details";

type Entry = Schema<"AuditEntryOut">;
type AuditPage = { results: Entry[] };

const PAGE = 50;

/** Who did what and when; of a project, or of the whole server. */
export function AuditLog({ project }: { project: string | null }) {
  const { t, i18n } = useLingui();
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const [since, setSince] = useState("");
  const log = useAuditLog(project, useDeferredValue(actor.trim()), action, since);
  const rows = log.data?.pages.flatMap((page) => page.results) ?? [];
  const roles = useRoleWords();
  const words = { yes: t`yes`, no: t`no`, commandLine: t`command line`, rights: (permissions: readonly string[]) => [roles[roleOf(permissions)], ...(permissions.includes("CAN_IMPERSONATE_OTHER_USERS") ? [t`may act as others`] : [])].join(", ") };
  return (
    <>
      <div role="search" className="flex flex-wrap items-end gap-2">
        <TextField className="w-56 max-sm:grow" label={t`Who`} type="search" placeholder="ada@example.org" value={actor} onChange={(event) => setActor(event.target.value)} />
        <SelectField className="w-56 max-sm:grow" label={t`What`} value={action} onChange={(event) => setAction(event.target.value)}>
          <option value="">{t`Everything`}</option>
          {Object.entries(AUDIT_ACTIONS)
            .map(([name, words]) => ({ name, words: i18n._(words) }))
            .sort((one, other) => one.words.localeCompare(other.words, i18n.locale))
            .map(({ name, words }) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
        </SelectField>
        <TextField className="w-44 max-sm:grow" label={t`Since`} type="date" value={since} onChange={(event) => setSince(event.target.value)} />
      </div>
      {log.isPending ? <SkeletonLines count={6} /> : null}
      <QueryError query={log} />
      {log.data ? (
        <div className="overflow-x-auto rounded-md border bg-panel" tabIndex={0} role="region" aria-label={t`Audit log`}>
          <table className="w-full text-sm max-sm:block">
            <thead className="max-sm:sr-only">
              <tr className="text-start text-muted">
                {[t`When`, t`Who`, t`What`, t`More`].map((name) => (
                  <th key={name} scope="col" className="px-3 py-2 text-start font-normal">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="max-sm:block">
              {rows.map((row) => (
                <tr key={row.id} className="border-t align-top max-sm:flex max-sm:flex-wrap max-sm:gap-x-2 max-sm:px-3 max-sm:py-2">
                  <td className="px-3 py-1.5 whitespace-nowrap max-sm:p-0 max-sm:text-muted">
                    <Ago time={row.at} />
                  </td>
                  <td className="px-3 py-1.5 max-sm:min-w-0 max-sm:p-0 max-sm:break-words max-sm:text-muted">
                    {row.actor_email}
                    {row.acting_email && row.acting_email !== row.actor_email ? <span className="text-warn"> → {row.acting_email}</span> : null}
                  </td>
                  <td className="px-3 py-1.5 max-sm:w-full max-sm:p-0" title={[row.action, row.object_type, row.object_id].filter(Boolean).join(" ")}>
                    {actionWords(i18n, row.action)}
                  </td>
                  <td className="px-3 py-1.5 wrap-anywhere text-muted sm:min-w-72 max-sm:w-full max-sm:p-0">{detailWords(i18n, row.detail, words)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {log.isSuccess && rows.length === 0 ? (
            <p className="p-4 text-center text-muted">
              <Trans>No entry matches.</Trans>
            </p>
          ) : null}
        </div>
      ) : null}
      {log.hasNextPage ? (
        <Button className="self-start" disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          <Trans>Older ones</Trans>
        </Button>
      ) : null}
    </>
  );
}

function useAuditLog(project: string | null, actor: string, action: string, since: string) {
  return useInfiniteQuery({
    queryKey: ["audit", project, actor, action, since],
    placeholderData: keepPreviousData,
    initialPageParam: 0,
    getNextPageParam: (last: AuditPage, pages) => (last.results.length < PAGE ? undefined : pages.length * PAGE),
    queryFn: async ({ pageParam }): Promise<AuditPage> => {
      const query = { limit: PAGE, offset: pageParam, actor: actor || undefined, action: action || undefined, since: since ? new Date(`${since}T00:00`).toISOString() : undefined };
      if (project) return (await unwrap(api.GET("/api/v1/projects/{project_id}/audit-log/", { params: { path: { project_id: project }, query } }))) as AuditPage;
      return (await unwrap(api.GET("/api/v1/audit-log/", { params: { query } }))) as AuditPage;
    },
  });
}
