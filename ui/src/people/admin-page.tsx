import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useParams } from "wouter";
import { api, unwrap } from "../api/client";
import { NotFoundPage } from "../app/not-found-page";
import { TextField } from "../kit/field";
import { Badge, ErrorNote } from "../kit/notes";
import { PageFrame } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { TabLinks } from "../kit/tab-links";
import { Ago } from "../kit/time";
import { useTitle } from "../kit/use-title";
import { useSession } from "../session/use-session";
import { AuditLog } from "./audit-log";
import { Health } from "./health";
import { Organizations } from "./organizations";

export default function AdminPage() {
  const { t } = useLingui();
  const { part = "users", id } = useParams<{ part?: string; id?: string }>();
  const session = useSession();
  useTitle(t`Administration`);
  if (!session.data?.user.is_superuser) return part === "organizations" ? <OwnOrganizations id={id} /> : <NotFoundPage />;
  const tabs = [
    { href: "/admin", label: <Trans>Users</Trans>, isHere: part === "users" },
    { href: "/admin/organizations", label: <Trans>Organisations</Trans>, isHere: part === "organizations" },
    { href: "/admin/health", label: <Trans>Health</Trans>, isHere: part === "health" },
    { href: "/admin/audit", label: <Trans>Audit log</Trans>, isHere: part === "audit" },
  ];
  return (
    <PageFrame title={<Trans>Administration</Trans>}>
      <TabLinks label={t`Parts of the administration`} tabs={tabs} />
      {part === "organizations" ? <Organizations id={id} mayChange /> : part === "health" ? <Health /> : part === "audit" ? <AuditLog project={null} /> : <Users />}
    </PageFrame>
  );
}

/** For those who are admins of organisations, but do not run the server. */
function OwnOrganizations({ id }: { id: string | undefined }) {
  return (
    <PageFrame title={<Trans>Organisations</Trans>}>
      <Organizations id={id} mayChange={false} />
    </PageFrame>
  );
}

function Users() {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const users = useQuery({
    queryKey: ["users", search],
    queryFn: () => unwrap(api.GET("/api/v1/users/", { params: { query: { search: search || undefined, limit: 200 } } })),
  });
  return (
    <>
      <TextField className="max-w-sm" label={t`Search`} hideLabel type="search" placeholder={t`Search by address`} value={text} onChange={(event) => setText(event.target.value)} />
      {users.isPending ? <SkeletonLines /> : null}
      {users.isError ? <ErrorNote error={users.error} /> : null}
      <ul className="rounded-md border bg-panel">
        {(users.data?.results ?? []).map((user) => (
          <li key={user.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t px-4 py-2 first:border-t-0">
            <span className="min-w-40 flex-1 truncate">{user.email}</span>
            {user.is_superuser ? (
              <Badge tone="warn">
                <Trans>runs the server</Trans>
              </Badge>
            ) : null}
            {user.has_password ? null : (
              <Badge>
                <Trans>tokens only</Trans>
              </Badge>
            )}
            <span className="text-sm text-muted">
              <Trans>projects: {user.project_count}</Trans>
            </span>
            <span className="text-sm text-muted">
              <Trans>since</Trans> <Ago time={user.date_joined} />
            </span>
          </li>
        ))}
      </ul>
      <p className="text-sm text-muted">
        <Trans>
          New users come by invitation to a project, or by <code>citewell user create</code>.
        </Trans>
      </p>
    </>
  );
}
