import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation, useParams, useSearch } from "wouter";
import { ApiError } from "../api/client";
import { NotFoundPage } from "../app/not-found-page";
import { LeftIcon } from "../kit/icons";
import { ErrorNote } from "../kit/notes";
import { LoadingPage } from "../kit/skeleton";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useProject } from "../projects/use-projects";
import { sourceFile } from "../source/use-source";
import { ChunkList } from "./chunk-list";
import { Diagnosis } from "./diagnosis";
import { DocumentActions } from "./document-actions";
import { DocumentFacts } from "./document-facts";
import { Figures } from "./figures";
import { StageBadge } from "./stage-badge";
import { useChunks, useDocument, useRefreshed, useVersions, type Chunk } from "./use-document";
import { useIndexing } from "./use-indexing";

const PdfViewer = lazy(() => import("../source/pdf-viewer").then((module) => ({ default: module.PdfViewer })));

const PARTS = ["text", "figures", "facts", "why"] as const;
type Part = (typeof PARTS)[number];

/** One document: its pages beside its text; what is pointed at on one side is marked on the other. */
export default function DocumentPage() {
  const { t } = useLingui();
  const { document: id } = useParams<{ document: string }>();
  const project = useProject();
  const [path] = useLocation();
  const address = new URLSearchParams(useSearch());
  const part = (PARTS.find((each) => each === address.get("part")) ?? "text") as Part;
  const document = useDocument(id);
  const chunks = useChunks(id);
  const versions = useVersions(id);
  const indexing = useIndexing().data?.find((row) => row.document_id === id);
  useRefreshed(id, indexing);
  const [pointed, setPointed] = useState<{ chunk: Chunk; block: number | null } | null>(null);
  const [page, setPage] = useState(Number(address.get("page") ?? 1) || 1);
  useTitle(document.data?.name, project.name);
  if (document.isPending) return <LoadingPage />;
  if (document.isLoadingError) return document.error instanceof ApiError && document.error.status === 404 ? <NotFoundPage /> : <ErrorNote className="m-6" error={document.error} />;
  const rows = chunks.data ?? [];
  const current = versions.data?.find((version) => version.is_current);
  const hasPages = current?.kind === "pdf" && rows.length > 0;
  const tabs = [
    { part: "text", label: <Trans>Text</Trans> },
    { part: "figures", label: <Trans>Figures</Trans> },
    { part: "facts", label: <Trans>Versions and data</Trans> },
    { part: "why", label: <Trans>Why not found?</Trans> },
  ];
  const boxes = pointed ? boxesOf(pointed.chunk, pointed.block) : [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2">
        <Link href="/library" aria-label={t`Back to the library`} className="rounded-md p-1 text-muted hover:bg-hover">
          <LeftIcon />
        </Link>
        <h1 dir="auto" className="min-w-0 flex-1 truncate text-lg font-semibold">
          {document.data.name}
        </h1>
        {indexing ? <StageBadge row={indexing} /> : null}
        <DocumentActions document={document.data} indexing={indexing ?? null} />
      </header>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        {hasPages ? (
          <div className="flex min-h-0 min-w-0 flex-col border-e max-md:h-1/2 max-md:border-b md:flex-1">
            <Suspense fallback={<LoadingPage />}>
              <PdfViewer
                name={`${id}.${current.number}`}
                url={sourceFile(project.id, rows[0]?.id ?? "")}
                pictures={`/${project.id}/reference/${rows[0]?.id}/page/`}
                pageCount={current.page_count ?? 1}
                target={{ page: boxes[0]?.page ?? page, key: pointed ? `${pointed.chunk.id}.${pointed.block}` : "" }}
                marks={boxes}
                label={t`Pages of ${document.data.name}`}
                onPage={setPage}
              />
            </Suspense>
          </div>
        ) : null}
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <div className="px-3">
            <TabLinks label={t`About this document`} tabs={tabs.map((tab) => ({ href: `${path}?part=${tab.part}`, label: tab.label, isHere: tab.part === part }))} />
          </div>
          {part === "text" ? <ChunkList chunks={chunks} page={hasPages ? page : null} pointed={pointed} onPoint={setPointed} /> : null}
          {part === "figures" ? <Figures document={id} /> : null}
          {part === "facts" ? <DocumentFacts document={document.data} versions={versions.data ?? []} /> : null}
          {part === "why" ? <Diagnosis document={id} /> : null}
        </main>
      </div>
    </div>
  );
}

const SIZE = { width: 0, height: 0 };

/** The boxes of a block, or of all blocks of a chunk, page by page. The pages' sizes come from the pages themselves. */
function boxesOf(chunk: Chunk, block: number | null) {
  const pages = new Map<number, number[][]>();
  const blocks = block === null ? chunk.blocks : chunk.blocks.slice(block, block + 1);
  for (const each of blocks) if (each.page && each.bbox) pages.set(each.page, [...(pages.get(each.page) ?? []), each.bbox]);
  return [...pages].map(([page, boxes]) => ({ page, ...SIZE, boxes }));
}
