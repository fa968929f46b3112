import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import { api, unwrap } from "../api/client";
import { AskIcon } from "../kit/icons";
import { Ago } from "../kit/time";
import { useNear, VIEWPORT } from "../kit/use-near";
import { useBusyCount } from "../library/use-indexing";
import type { Project } from "./use-projects";

const SHOWN = 3;

/** A project with what is being read in it and its last conversations. */
export function ProjectCard({ project }: { project: Project }) {
  const path = { project_id: project.id };
  const box = useRef<HTMLLIElement>(null);
  // Of hundreds of projects, only those that are seen are asked about.
  const enabled = useNear(box, VIEWPORT);
  const talks = useQuery({
    queryKey: ["conversations", project.id, "last"],
    enabled,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/playground-conversations/", { params: { path, query: { limit: SHOWN } } })),
  });
  const documents = useQuery({
    queryKey: ["documents", project.id, "count"],
    enabled,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/documents/get-without-file/", { params: { path, query: { limit: 1 } } })),
  });
  const busy = useBusyCount(project.id, enabled);
  const count = Number(documents.data?.count ?? 0);
  return (
    <li ref={box} className="flex min-w-0 flex-col rounded-lg border bg-panel">
      <Link href={count === 0 && documents.isSuccess ? `/p/${project.id}/library` : `/p/${project.id}/ask`} className="rounded-t-lg px-4 pt-3 pb-2 hover:bg-hover">
        <h2 dir="auto" className="truncate text-lg font-semibold">
          {project.name}
        </h2>
        <p className="flex flex-wrap gap-x-3 text-sm text-muted">
          {documents.isSuccess ? count === 0 ? <Trans>No documents yet</Trans> : <Plural value={count} one="# document" other="# documents" /> : <span>&nbsp;</span>}
          {busy > 0 ? (
            <span className="text-accent">
              <Plural value={busy} one="# is being read" other="# are being read" />
            </span>
          ) : null}
        </p>
        {project.business_brief ? (
          <p dir="auto" className="mt-1 line-clamp-2 text-sm text-muted">
            {project.business_brief.replace(/\*\*|__|`|^\s*(?:#{1,6}|[-*+])\s+/gm, "")}
          </p>
        ) : null}
      </Link>
      <ul className="mt-auto border-t px-2 py-1.5">
        {(talks.data?.results ?? []).map((talk) => (
          <li key={talk.id}>
            <Link href={`/p/${project.id}/c/${talk.id}`} className="flex items-baseline gap-2 rounded-md px-2 py-1 text-sm hover:bg-hover">
              <AskIcon size={14} className="shrink-0 self-center text-muted" />
              <span dir="auto" className="min-w-0 flex-1 truncate">
                {talk.name || <Trans>Untitled</Trans>}
              </span>
              <Ago time={talk.updated_at} className="shrink-0 text-muted" />
            </Link>
          </li>
        ))}
        {talks.isSuccess && talks.data.results.length === 0 ? (
          <li className="px-2 py-1 text-sm text-muted">
            <Trans>Nothing has been asked yet.</Trans>
          </li>
        ) : null}
      </ul>
    </li>
  );
}
