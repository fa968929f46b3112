import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link } from "wouter";
import { LibraryIcon } from "../kit/icons";
import { EmptyState, ErrorNote } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useTitle } from "../kit/use-title";
import { useProject } from "../projects/use-projects";
import { DropZone } from "./drop-zone";
import type { Found } from "./dropped";
import { StageBadge } from "./stage-badge";
import { UploadButtons } from "./upload-button";
import { UploadList } from "./upload-list";
import { startUploads } from "./uploads";
import { useIndexing } from "./use-indexing";

export default function LibraryPage() {
  const { t } = useLingui();
  const cache = useQueryClient();
  const project = useProject();
  const rows = useIndexing();
  useTitle(t`Library`, project.name);
  const upload = useCallback((files: Found[]) => startUploads(cache, project.id, files, null), [cache, project.id]);
  return (
    <main className="mx-auto flex h-full w-full max-w-7xl flex-col gap-4 overflow-y-auto px-4 py-6">
      <DropZone onFiles={upload} />
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="me-auto text-2xl font-semibold">
          <Trans>Library</Trans>
        </h1>
        <UploadButtons onFiles={upload} />
      </div>
      <UploadList />
      {rows.isPending ? <SkeletonLines /> : null}
      {rows.isError ? <ErrorNote error={rows.error} retry={() => void rows.refetch()} /> : null}
      {rows.data?.length === 0 ? (
        <EmptyState icon={<LibraryIcon size={32} />} title={<Trans>No documents yet</Trans>}>
          <Trans>Drop files or a folder anywhere on this page, or paste them. You see here when each can be found.</Trans>
        </EmptyState>
      ) : null}
      <ul className="flex flex-col">
        {(rows.data ?? []).map((row) => (
          <li key={row.document_id} className="flex flex-wrap items-center gap-x-3 border-b py-2">
            <Link href={`/library/${row.document_id}`} dir="auto" className="min-w-0 flex-1 truncate font-medium hover:underline">
              {row.document_name}
            </Link>
            <StageBadge row={row} />
          </li>
        ))}
      </ul>
    </main>
  );
}
