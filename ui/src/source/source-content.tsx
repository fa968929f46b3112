import { Trans, useLingui } from "@lingui/react/macro";
import { Suspense, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client";
import { Button } from "../kit/button";
import { DownloadIcon, LibraryIcon, SearchIcon } from "../kit/icons";
import { Note, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useProject } from "../projects/use-projects";
import { Ago } from "../kit/time";
import { AlsoIn } from "./also-in";
import { DocumentSearch } from "./document-search";
import { PictureSource } from "./picture-source";
import { TextSource } from "./text-source";
import { sourceFile, useSourceData, type SourceData } from "./use-source";
import { PdfSource, SheetSource, SlideSource } from "./viewers";

/** The document that a citation names, with the quoted words marked. */
export function SourceContent({ chunkId, verbatim }: { chunkId: string; verbatim: string | null }) {
  const { t } = useLingui();
  const project = useProject();
  const cited = `${chunkId} ${verbatim}`;
  const [isSearching, setSearching] = useState(false);
  // What was found in the document instead of what is cited, until another citation is opened.
  const [found, setFound] = useState<{ cited: string; chunkId: string; verbatim: string } | null>(null);
  const elsewhere = found?.cited === cited ? found : null;
  const source = useSourceData(elsewhere?.chunkId ?? chunkId, elsewhere?.verbatim ?? verbatim);
  if (source.isPending) {
    return (
      <div className="p-4">
        <SkeletonLines count={8} />
      </div>
    );
  }
  if (source.isLoadingError) {
    const isGone = source.error instanceof ApiError && source.error.status === 404;
    return (
      <div className="p-4">
        {isGone ? (
          <Note tone="warn">
            <Trans>This document has been deleted since, so its words cannot be shown any more. The answer still holds what was quoted.</Trans>
          </Note>
        ) : (
          <QueryError query={source} />
        )}
      </div>
    );
  }
  const data = source.data;
  const open = (chunk: string, passage: string) => setFound({ cited, chunkId: chunk, verbatim: passage });
  return (
    <div className={source.isPlaceholderData ? "flex min-h-0 flex-1 flex-col opacity-60" : "flex min-h-0 flex-1 flex-col"}>
      <Warnings data={data} onOpen={open} />
      {isSearching && data.view !== "pages" ? <DocumentSearch document={data.document_id} onOpen={open} onClose={() => setSearching(false)} /> : null}
      {elsewhere ? (
        <p className="flex shrink-0 flex-wrap items-center gap-x-3 border-b px-4 py-1.5 text-sm text-muted">
          <span className="flex-1">
            <Trans>You see what was found, not what is cited.</Trans>
          </span>
          <Button small onClick={() => setFound(null)}>
            <Trans>Back to the citation</Trans>
          </Button>
        </p>
      ) : null}
      <Suspense fallback={<div className="min-h-0 flex-1" />}>
        <View project={project.id} data={data} />
      </Suspense>
      {elsewhere ? null : <AlsoIn data={data} onOpen={open} />}
      <footer className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-t px-4 py-2 text-sm">
        <Link href={`/library/${data.document_id}${data.min_page ? `?page=${data.min_page}` : ""}`} className="inline-flex items-center gap-1.5 text-muted hover:text-text">
          <LibraryIcon size={15} />
          <Trans>In the library</Trans>
        </Link>
        <a href={sourceFile(project.id, data.chunk_id)} download className="inline-flex items-center gap-1.5 text-muted hover:text-text">
          <DownloadIcon size={15} />
          <Trans>The file</Trans>
        </a>
        {data.view === "pages" ? null : (
          <button type="button" aria-pressed={isSearching} onClick={() => setSearching(!isSearching)} className="inline-flex items-center gap-1.5 text-muted hover:text-text aria-pressed:text-accent">
            <SearchIcon size={15} />
            {t`Search in this document`}
          </button>
        )}
        <span className="ms-auto text-muted">
          <Trans>
            Version {data.version}, <Ago time={data.version_created_at} />
          </Trans>
        </span>
      </footer>
    </div>
  );
}

/** As what the document is: pages, a picture, slides, cells, else its text. */
export function View({ project, data }: { project: string; data: SourceData }) {
  const name = `${data.chunk_id}.${data.start}.${data.end}`;
  if (data.view === "pages" && data.page_count) return <PdfSource key={`${data.document_id}.${data.version}`} project={project} data={data} />;
  if (data.view === "picture") return <PictureSource key={data.chunk_id} project={project} data={data} />;
  if (data.view === "sheets") return <SheetSource key={name} data={data} />;
  if (data.view === "slides") return <SlideSource key={name} data={data} />;
  return <TextSource key={data.chunk_id} data={data} />;
}

function Warnings({ data, onOpen }: { data: SourceData; onOpen: (chunkId: string, passage: string) => void }) {
  const { current } = data;
  if (data.match !== "none" && data.is_current && !data.warning) return null;
  return (
    <div className="flex shrink-0 flex-col gap-2 border-b px-4 py-2">
      {data.match === "none" ? (
        <Note tone="warn">
          <Trans>The quoted words are not in this passage, character for character, so nothing is marked.</Trans>
        </Note>
      ) : null}
      {data.warning ? <Note tone="warn">{data.warning}</Note> : null}
      {data.is_current ? null : (
        <Note tone="plain" className="flex flex-wrap gap-x-3">
          <span className="flex-1">
            <Trans>You see version {data.version}, which was cited. The document has changed since.</Trans>
          </span>
          {current ? (
            <button type="button" onClick={() => onOpen(current.chunk_id, current.verbatim)} className="text-accent underline underline-offset-2">
              <Trans>See these words in the current version</Trans>
            </button>
          ) : (
            <Link href={`/library/${data.document_id}`} className="text-accent underline underline-offset-2">
              <Trans>They are no longer in it: see the current version</Trans>
            </Link>
          )}
        </Note>
      )}
    </div>
  );
}
