import { Trans } from "@lingui/react/macro";
import { Suspense } from "react";
import { Link } from "wouter";
import { ApiError } from "../api/client";
import { DownloadIcon, LibraryIcon } from "../kit/icons";
import { lazily } from "../kit/lazily";
import { ErrorNote, Note } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useProject } from "../projects/use-projects";
import { PictureSource } from "./picture-source";
import { TextSource } from "./text-source";
import { sourceFile, useSourceData, type SourceData } from "./use-source";

export const loadPdfSource = () => import("./pdf-source");
const PdfSource = lazily(loadPdfSource);
const SheetSource = lazily(() => import("./sheet-source").then((module) => ({ default: module.SheetSource })));
const SlideSource = lazily(() => import("./slide-source").then((module) => ({ default: module.SlideSource })));
const WORKBOOKS = new Set(["xlsx", "xls", "ods", "csv"]);
const DECKS = new Set(["pptx", "ppt", "odp"]);

/** The document that a citation names, with the quoted words marked. */
export function SourceContent({ chunkId, verbatim }: { chunkId: string; verbatim: string | null }) {
  const project = useProject();
  const source = useSourceData(chunkId, verbatim);
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
          <ErrorNote error={source.error} retry={() => void source.refetch()} />
        )}
      </div>
    );
  }
  const data = source.data;
  return (
    <div className={source.isPlaceholderData ? "flex min-h-0 flex-1 flex-col opacity-60" : "flex min-h-0 flex-1 flex-col"}>
      <Warnings data={data} />
      <Suspense fallback={<div className="min-h-0 flex-1" />}>
        <View project={project.id} data={data} />
      </Suspense>
      <footer className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-t px-4 py-2 text-sm">
        <Link href={`/library/${data.document_id}`} className="inline-flex items-center gap-1.5 text-muted hover:text-text">
          <LibraryIcon size={15} />
          <Trans>In the library</Trans>
        </Link>
        <a href={sourceFile(project.id, data.chunk_id)} download className="inline-flex items-center gap-1.5 text-muted hover:text-text">
          <DownloadIcon size={15} />
          <Trans>The file</Trans>
        </a>
        <span className="ms-auto text-muted">
          <Trans>Version {data.version}</Trans>
        </span>
      </footer>
    </div>
  );
}

/** As what the document is: pages, a picture, slides, cells, else its text. */
function View({ project, data }: { project: string; data: SourceData }) {
  const kind = data.kind ?? "";
  const name = `${data.chunk_id}.${data.start}.${data.end}`;
  if (kind === "pdf" && data.page_count) return <PdfSource key={`${data.document_id}.${data.version}`} project={project} data={data} />;
  if (kind === "image") return <PictureSource key={data.chunk_id} project={project} data={data} />;
  if (WORKBOOKS.has(kind)) return <SheetSource key={name} data={data} />;
  if (DECKS.has(kind)) return <SlideSource key={name} data={data} />;
  return <TextSource key={data.chunk_id} data={data} />;
}

function Warnings({ data }: { data: SourceData }) {
  if (data.match !== "none" && data.is_current) return null;
  return (
    <div className="flex shrink-0 flex-col gap-2 border-b px-4 py-2">
      {data.match === "none" ? (
        <Note tone="warn">
          <Trans>The quoted words are not in this passage, character for character, so nothing is marked.</Trans>
        </Note>
      ) : null}
      {data.is_current ? null : (
        <Note tone="plain" className="flex flex-wrap gap-x-3">
          <span className="flex-1">
            <Trans>You see version {data.version}, which was cited. The document has changed since.</Trans>
          </span>
          <Link href={`/library/${data.document_id}`} className="text-accent underline underline-offset-2">
            <Trans>See the current version</Trans>
          </Link>
        </Note>
      )}
    </div>
  );
}
