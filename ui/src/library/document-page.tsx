import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Suspense, useCallback, useState } from "react";
import { Link, useLocation, useParams, useSearch } from "wouter";
import { ApiError, type Schema } from "../api/client";
import { NotFoundPage } from "../app/not-found-page";
import { LeftIcon, WarnIcon } from "../kit/icons";
import { lazily } from "../kit/lazily";
import { QueryError } from "../kit/notes";
import { LoadingPage } from "../kit/skeleton";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useProject } from "../projects/use-projects";
import { ChunkList } from "./chunk-list";
import { Diagnosis } from "./diagnosis";
import { DocumentActions } from "./document-actions";
import { DocumentFacts } from "./document-facts";
import { failureWords } from "./failure-texts";
import { Figures } from "./figures";
import { Outline } from "./outline";
import { isSame, type Pointed } from "./pointed";
import { StageBadge } from "./stage-badge";
import { useChunks, useDocument, useRefreshed, useVersions } from "./use-document";
import { useIndexing, type Indexing } from "./use-indexing";
import { warningWords } from "./warning-texts";

const DocumentView = lazily(() => import("./document-view"));

const PARTS = ["text", "outline", "figures", "facts", "why"] as const;
type Part = (typeof PARTS)[number];

/** One document: its pages beside its text; what is pointed at on one side is marked on the other. */
export default function DocumentPage() {
  const { t } = useLingui();
  const { document: id } = useParams<{ document: string }>();
  const project = useProject();
  const [path, navigate] = useLocation();
  const address = new URLSearchParams(useSearch());
  const part = (PARTS.find((each) => each === address.get("part")) ?? "text") as Part;
  const document = useDocument(id);
  const chunks = useChunks(id);
  const versions = useVersions(id);
  const indexing = useIndexing().data?.find((row) => row.document_id === id);
  useRefreshed(id, indexing);
  const [pointed, setPointed] = useState<Pointed>(null);
  // Apart from one another: leaving the page is told after the text has been entered.
  const [overPage, hoverPage] = useHovered();
  const [overText, hoverText] = useHovered();
  const hovered = overText ?? overPage;
  const [page, setPage] = useState(Number(address.get("page") ?? 1) || 1);
  useTitle(document.data?.name, project.name);
  if (document.isPending) return <LoadingPage />;
  if (document.isLoadingError) return document.error instanceof ApiError && document.error.status === 404 ? <NotFoundPage project /> : <QueryError className="m-6" query={document} />;
  const rows = chunks.data ?? [];
  const current = versions.data?.find((version) => version.is_current);
  const isSeen = current !== undefined && current.view !== "text" && rows.length > 0;
  // Its pages get their place before it is known that there are some, so that the text does not move.
  const isAwaited = (versions.isPending || chunks.isPending) && !/^(text|message)\//.test(document.data.content_type) && document.data.status !== "failed";
  const failure = indexing?.stage === "failed" ? indexing.error : null;
  /** From the outline or a table: its place is shown, in the text where there are no pages. */
  const lead = (next: Pointed) => {
    setPointed(next);
    if (!isSeen) navigate(path, { replace: true });
  };
  const tabs = [
    { part: "text", label: <Trans>Text</Trans> },
    { part: "outline", label: <Trans>Outline</Trans> },
    { part: "figures", label: <Trans>Figures and tables</Trans> },
    { part: "facts", label: <Trans>Versions and data</Trans> },
    { part: "why", label: <Trans>Why not found?</Trans> },
  ];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2 max-sm:gap-x-2">
        <Link href="/library" aria-label={t`Back to the library`} className="rounded-md p-1 text-muted hover:bg-hover">
          <LeftIcon />
        </Link>
        <h1 dir="auto" className="min-w-[min(7rem,100%)] flex-1 text-lg leading-snug font-semibold max-sm:line-clamp-2 max-sm:text-wrap max-sm:wrap-anywhere sm:truncate" title={document.data.name}>
          {document.data.name}
        </h1>
        {indexing ? <StageBadge row={indexing} /> : null}
        <DocumentActions document={document.data} indexing={indexing ?? null} />
      </header>
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        {isSeen || isAwaited ? (
          <div className="flex min-h-0 min-w-0 flex-col border-e max-md:h-1/2 max-md:border-b md:flex-1">
            <Suspense fallback={<LoadingPage />}>
              {isSeen ? <DocumentView id={id} name={document.data.name} version={current} chunks={rows} page={page} onPage={setPage} pointed={pointed} onPoint={setPointed} hovered={hovered} onHover={hoverPage} /> : <LoadingPage />}
            </Suspense>
          </div>
        ) : null}
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <div className="px-3">
            <TabLinks label={t`About this document`} tabs={tabs.map((tab) => ({ href: `${path}?part=${tab.part}`, label: tab.label, isHere: tab.part === part }))} />
          </div>
          {failure ? <Failure error={failure} hasText={rows.length > 0} /> : null}
          {indexing?.warning_details?.length ? <Warnings rows={indexing.warning_details} /> : null}
          {part === "text" ? <ChunkList chunks={chunks} hasFailed={failure !== null} page={current?.view === "pages" ? page : null} pointed={pointed} onPoint={setPointed} hovered={hovered} onHover={hoverText} /> : null}
          {part === "outline" ? <Outline chunks={rows} onPoint={lead} /> : null}
          {part === "figures" ? <Figures document={id} chunks={rows} onPoint={lead} /> : null}
          {part === "facts" ? <DocumentFacts document={document.data} versions={versions.data ?? []} /> : null}
          {part === "why" ? <Diagnosis document={id} /> : null}
        </main>
      </div>
    </div>
  );
}

/** What the pointer is over; the same object while it moves within that, so that nothing is drawn anew. */
function useHovered(): [Pointed, (next: Pointed) => void] {
  const [hovered, setHovered] = useState<Pointed>(null);
  const hover = useCallback((next: Pointed) => setHovered((before) => (isSame(before, next) ? before : next)), []);
  return [hovered, hover];
}

/** Why the document could not be read; or its newest version, where an older one is still found. */
function Failure({ error, hasText }: { error: NonNullable<Indexing["error"]>; hasText: boolean }) {
  const { i18n } = useLingui();
  return (
    <div role="alert" className="flex items-start gap-2 border-b bg-danger-soft px-4 py-2 text-sm text-danger">
      <WarnIcon size={16} className="mt-0.5 shrink-0" />
      <p className="min-w-0 break-words">
        {hasText ? <Trans>The newest version could not be read. The text below is of the version before it.</Trans> : null} {failureWords(i18n, error)}
      </p>
    </div>
  );
}

/** What of the document could not be read, or not with certainty. */
function Warnings({ rows }: { rows: ReadonlyArray<Schema<"WarningDetail">> }) {
  const { i18n } = useLingui();
  return (
    <details className="border-b bg-warn-soft px-4 py-1.5 text-sm text-warn">
      <summary>
        <Plural value={rows.length} one="# thing in it could not be read with certainty" other="# things in it could not be read with certainty" />
      </summary>
      <ul className="mt-1 max-h-40 overflow-y-auto">
        {rows.map((row, index) => (
          <li key={index} dir="auto" className="py-0.5 break-words" title={row.text}>
            {warningWords(i18n, row)}
          </li>
        ))}
      </ul>
    </details>
  );
}
