import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, unwrap, type Schema } from "../api/client";
import { Button, IconButton } from "../kit/button";
import { cx } from "../kit/cx";
import { Dialog } from "../kit/dialog";
import { BellIcon } from "../kit/icons";
import { EmptyState, QueryError } from "../kit/notes";
import { Ago } from "../kit/time";
import { useProject } from "../projects/use-projects";
import { messageWords, titleWords } from "./notification-texts";

const LOOK_MS = 30_000;

type Row = Schema<"NotificationOut">;

/** The page that a notification is about, and the words of the link to it; null where there is none in the app. */
function usePlaces(): (row: Row) => { path: string; label: string } | null {
  const { t } = useLingui();
  return (row) => {
    switch (row.notification_type) {
      case "conversation_shared":
        return row.source_object_id ? { path: `/c/${row.source_object_id}`, label: t`Open the conversation` } : null;
      case "evaluation_worse":
        return { path: "/review/evaluation", label: t`See the evaluation` };
      case "feedback_to_review":
        return { path: "/review", label: t`See the feedback` };
      case "pipeline_run_completed":
        return { path: "/library", label: t`See the documents` };
      case "pipeline_run_failed":
        return { path: "/library?status=failed", label: t`See the documents` };
      default:
        return null;
    }
  };
}

export function NotificationBell() {
  const { t, i18n } = useLingui();
  const { id } = useProject();
  const cache = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const path = { project_id: id };
  const list = useQuery({
    queryKey: ["notifications", id],
    refetchInterval: LOOK_MS,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/notifications/", { params: { path, query: { limit: 50 } } })),
  });
  const read = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/projects/{project_id}/notifications/mark-all-as-read/", { params: { path } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["notifications", id] }),
  });
  const rows = list.data?.results ?? [];
  const placeOf = usePlaces();
  const unread = rows.filter((row) => row.read_at === null).length;
  return (
    <>
      <IconButton label={unread > 0 ? t`Notifications: ${unread} new` : t`Notifications`} onClick={() => setOpen(true)} className="relative">
        <BellIcon />
        {unread > 0 ? <span className="absolute top-1.5 right-1.5 size-2 rounded-full bg-accent" aria-hidden="true" /> : null}
      </IconButton>
      <Dialog
        open={isOpen}
        onClose={() => setOpen(false)}
        title={t`Notifications`}
        footer={
          unread > 0 ? (
            <Button disabled={read.isPending} onClick={() => read.mutate()}>
              <Trans>Mark all as read</Trans>
            </Button>
          ) : undefined
        }
      >
        <QueryError query={list} />
        {list.isSuccess && rows.length === 0 ? (
          <EmptyState title={<Trans>Nothing new</Trans>}>
            <Trans>You are told here when something is shared with you, or a document could not be read.</Trans>
          </EmptyState>
        ) : null}
        <ul>
          {rows.map((row) => ({ row, place: placeOf(row) })).map(({ row, place }) => (
            <li key={row.id} className={cx("border-t py-2 first:border-t-0", row.read_at === null ? "" : "text-muted")}>
              <p dir="auto" className={row.read_at === null ? "font-medium" : undefined}>
                {titleWords(i18n, row)}
              </p>
              <p dir="auto" className="text-sm break-words">
                {messageWords(i18n, row)}
              </p>
              <p className="flex flex-wrap gap-x-3 text-sm text-muted">
                <Ago time={row.created_at} />
                {place ? (
                  <Link href={place.path} onClick={() => setOpen(false)} className="text-accent underline underline-offset-2">
                    {place.label}
                  </Link>
                ) : null}
              </p>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
