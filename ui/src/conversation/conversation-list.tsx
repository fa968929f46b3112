import { Trans, useLingui } from "@lingui/react/macro";
import { useDeferredValue, useState } from "react";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { cx } from "../kit/cx";
import { CONTROL } from "../kit/field";
import { ArchiveIcon, PlusIcon, ShareIcon } from "../kit/icons";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { TagFilter } from "./tag-filter";
import { useConversations } from "./use-conversations";

export function ConversationList({ current, onChosen }: { current: string | undefined; onChosen?: () => void }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const [archived, setArchived] = useState(false);
  const list = useConversations({ text: useDeferredValue(text.trim()), tags, archived });
  const rows = list.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <nav aria-label={t`Conversations`} className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-2 p-3">
        <Link href="/ask" onClick={onChosen} className="inline-flex h-9 items-center justify-center gap-2 rounded-md border bg-panel font-medium hover:bg-hover">
          <PlusIcon size={16} />
          <Trans>New question</Trans>
        </Link>
        <input type="search" dir="auto" value={text} onChange={(event) => setText(event.target.value)} aria-label={t`Search in all conversations`} placeholder={t`Search conversations`} className={cx(CONTROL, "h-8 text-sm")} />
        <TagFilter chosen={tags} onChange={setTags} archived={archived} onArchived={setArchived} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {list.isPending ? (
          <div className="p-2">
            <SkeletonLines count={5} />
          </div>
        ) : null}
        <QueryError query={list} />
        {list.isSuccess && rows.length === 0 ? (
          <p className="px-2 py-3 text-sm text-muted">{text || tags.length > 0 ? <Trans>No conversation has this.</Trans> : <Trans>Your conversations will appear here.</Trans>}</p>
        ) : null}
        <ul>
          {rows.map((row) => (
            <li key={row.id}>
              <Link
                href={`/c/${row.id}`}
                onClick={onChosen}
                aria-current={row.id === current ? "page" : undefined}
                className={cx("block rounded-md px-2.5 py-1.5", row.id === current ? "bg-accent-soft" : "hover:bg-hover")}
              >
                <span dir="auto" className="line-clamp-2 text-sm leading-5 break-words">
                  {row.name || <Trans>Untitled</Trans>}
                </span>
                <span className="flex items-center gap-1.5 text-xs text-muted">
                  <Ago time={row.updated_at} />
                  {row.is_shared ? <ShareIcon size={12} aria-label={t`shared`} /> : null}
                  {row.is_archived ? <ArchiveIcon size={12} aria-label={t`archived`} /> : null}
                  {row.tags.slice(0, 2).map((tag) => (
                    <span key={tag} className="max-w-24 truncate rounded-sm border px-1">
                      {tag}
                    </span>
                  ))}
                </span>
              </Link>
            </li>
          ))}
        </ul>
        {list.hasNextPage ? (
          <Button small look="quiet" className="mt-1 w-full" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            <Trans>Older ones</Trans>
          </Button>
        ) : null}
      </div>
    </nav>
  );
}
