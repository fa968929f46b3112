import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { LibraryIcon } from "../kit/icons";
import { EmptyState, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useMedia } from "../kit/use-media";
import { useSame } from "../kit/use-same";
import { useTitle } from "../kit/use-title";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { BulkBar } from "./bulk-bar";
import { DocumentTable } from "./document-table";
import { DropZone } from "./drop-zone";
import type { Found } from "./dropped";
import { LibraryFilter } from "./library-filter";
import { UploadButtons } from "./upload-button";
import { UploadList } from "./upload-list";
import { startUploads } from "./uploads";
import { useLibrary, type Filter } from "./use-documents";

const ALL: Filter = { text: "", collection: "", status: "all", metadata: "", tag: "", language: "", sort: "newest" };

/** The filter of the library, which stands in the address. */
function useFilter(): [Filter, (filter: Filter) => void] {
  const [path, navigate] = useLocation();
  const address = new URLSearchParams(useSearch());
  const names = Object.keys(ALL) as Array<keyof Filter>;
  const filter = Object.fromEntries(names.map((name) => [name, address.get(name) ?? ALL[name]])) as Filter;
  const set = (next: Filter) => {
    const changed = new URLSearchParams(names.filter((name) => next[name] !== ALL[name]).map((name) => [name, next[name]]));
    navigate(changed.size > 0 ? `${path}?${changed}` : path, { replace: true });
  };
  return [filter, set];
}

const isSameFilter = (one: Filter, other: Filter) => JSON.stringify(one) === JSON.stringify(other);

export default function LibraryPage() {
  const { t } = useLingui();
  const cache = useQueryClient();
  const project = useProject();
  const access = useAccess();
  const [filter, setFilter] = useFilter();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { documents, rows, all } = useLibrary(useDeferredValue(useSame(filter, isSameFilter)));
  useTitle(t`Library`, project.name);
  const upload = useCallback((files: Found[]) => startUploads(cache, project.id, files, null), [cache, project.id]);
  const total = documents.data?.length ?? 0;
  const isTouched = useMedia("(pointer: coarse)");
  return (
    <main className="mx-auto flex h-full w-full max-w-7xl flex-col gap-3 px-4 pt-6">
      {access.mayRun ? (
        <DropZone onFiles={upload}>
          <Trans>Drop the files: they go into this project</Trans>
        </DropZone>
      ) : null}
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="me-auto text-2xl font-semibold">
          <Trans>Library</Trans>
        </h1>
        {access.mayRun ? <UploadButtons onFiles={upload} /> : null}
      </div>
      <UploadList />
      {documents.isPending ? <SkeletonLines count={8} /> : null}
      <QueryError query={documents} />
      {documents.isSuccess && total === 0 ? (
        <EmptyState icon={<LibraryIcon size={32} />} title={<Trans>No documents yet</Trans>}>
          {access.mayRun && isTouched ? <Trans>Choose files with the button above. You see here when each can be found.</Trans> : access.mayRun ? <Trans>Drop files or a folder anywhere on this page, or paste them. You see here when each can be found.</Trans> : <Trans>Ask somebody who may upload to add some.</Trans>}
        </EmptyState>
      ) : null}
      {total > 0 ? (
        <>
          <LibraryFilter filter={filter} onChange={setFilter} shown={rows.length} total={total} />
          {chosen.size > 0 ? <BulkBar rows={all.filter((row) => chosen.has(row.id))} onDone={() => setChosen(new Set())} /> : null}
          <DocumentTable rows={rows} chosen={chosen} onChosen={setChosen} canChoose={access.mayRun} />
        </>
      ) : null}
    </main>
  );
}
