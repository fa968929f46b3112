import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { api, unwrap, type Schema } from "../api/client";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { TextField } from "../kit/field";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useSession } from "../session/use-session";
import { isWidget } from "./widget-accounts";

type User = Schema<"ListedUser">;
type UserPage = { results: User[] };

const PAGE = 100;

/** All accounts of the server: superusers deactivate them, let them in again, and name other superusers. */
export function Users() {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const users = useUsers(useDeferredValue(text.trim()));
  const rows = users.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <>
      <TextField className="max-w-sm" label={t`Search`} hideLabel type="search" placeholder={t`Search by address`} value={text} onChange={(event) => setText(event.target.value)} />
      {users.isPending ? <SkeletonLines /> : null}
      <QueryError query={users} />
      {users.isSuccess && rows.length === 0 ? (
        <p className="text-muted">
          <Trans>Nobody has an address like this.</Trans>
        </p>
      ) : null}
      {rows.length > 0 ? (
        <ul className="rounded-md border bg-panel">
          {rows.map((user) => (
            <UserRow key={user.id} user={user} />
          ))}
        </ul>
      ) : null}
      {users.hasNextPage ? (
        <Button className="self-start" disabled={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
          <Trans>More</Trans>
        </Button>
      ) : null}
      <p className="text-sm text-muted">
        <Trans>
          New users come by invitation to a project, or by <code>citewell user create</code>.
        </Trans>
      </p>
    </>
  );
}

function useUsers(search: string) {
  return useInfiniteQuery({
    queryKey: ["users", search],
    initialPageParam: 0,
    getNextPageParam: (last: UserPage, pages) => (last.results.length < PAGE ? undefined : pages.length * PAGE),
    queryFn: async ({ pageParam }): Promise<UserPage> => unwrap(api.GET("/api/v1/users/", { params: { query: { search: search || undefined, limit: PAGE, offset: pageParam } } })),
  });
}

function UserRow({ user }: { user: User }) {
  const { t } = useLingui();
  const session = useSession();
  const cache = useQueryClient();
  const isMe = session.data?.user.id === user.id;
  const change = useMutation({
    mutationFn: (body: Schema<"UserUpdate">) => unwrap(api.PATCH("/api/v1/users/{user_id}/", { params: { path: { user_id: user.id } }, body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t px-4 py-2 first:border-t-0">
      <span className="min-w-[min(12rem,100%)] flex-1 truncate" title={user.email}>
        {isWidget(user.email) ? <Trans>Visitors of a widget</Trans> : user.email} {isMe ? <span className="text-muted">({t`you`})</span> : null}
      </span>
      {user.is_superuser ? (
        <Badge tone="warn">
          <Trans>runs the server</Trans>
        </Badge>
      ) : null}
      {user.is_active ? null : (
        <Badge tone="danger">
          <Trans>deactivated</Trans>
        </Badge>
      )}
      {user.has_password ? null : (
        <Badge>
          <Trans>tokens only</Trans>
        </Badge>
      )}
      <span className="text-sm text-muted">
        <Trans>projects: {user.project_count}</Trans>
      </span>
      <span className="text-sm text-muted">
        <Trans>
          added <Ago time={user.date_joined} />
        </Trans>
      </span>
      {isMe ? null : (
        <span className="flex flex-wrap gap-2">
          {isWidget(user.email) ? null : (
            <ConfirmButton small look="plain" question={user.is_superuser ? t`Really take it back?` : t`Really let them run it?`} aria-label={user.is_superuser ? t`${user.email}: may no longer run the server` : t`${user.email}: may run the server`} disabled={change.isPending} onConfirm={() => change.mutate({ is_superuser: !user.is_superuser })}>
              {user.is_superuser ? <Trans>May no longer run the server</Trans> : <Trans>May run the server</Trans>}
            </ConfirmButton>
          )}
          {user.is_active ? (
            <ConfirmButton small question={t`Really deactivate?`} aria-label={t`Deactivate ${user.email}`} disabled={change.isPending} onConfirm={() => change.mutate({ is_active: false })}>
              <Trans>Deactivate</Trans>
            </ConfirmButton>
          ) : (
            <Button small aria-label={t`Activate again: ${user.email}`} disabled={change.isPending} onClick={() => change.mutate({ is_active: true })}>
              <Trans>Activate again</Trans>
            </Button>
          )}
        </span>
      )}
      {change.isError ? <ErrorNote className="w-full" error={change.error} /> : null}
    </li>
  );
}
