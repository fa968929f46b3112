import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type ReactNode } from "react";
import { Button } from "../kit/button";
import { cx } from "../kit/cx";
import { Dialog } from "../kit/dialog";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useToast } from "../kit/toasts";
import { useAccess } from "../projects/use-access";
import type { Artifact } from "./use-knowledge";
import { useRestore, useVersion, useVersions, type VersionSummary } from "./use-versions";

export type Content = Artifact["content"];
type Props = { artifact: Artifact; children: (content: Content) => ReactNode };

/** Opens the versions of an artifact; `children` draws the content of one. Nothing before there are two. */
export function VersionsButton({ artifact, children }: Props) {
  const { t } = useLingui();
  const { isAdmin } = useAccess();
  const [isOpen, setOpen] = useState(false);
  if (!isAdmin || artifact.version < 2) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Trans>Versions</Trans>
      </Button>
      <Dialog wide open={isOpen} onClose={() => setOpen(false)} title={t`Versions`} description={t`Restoring makes a new version with the content of an old one, so nothing is lost.`}>
        {isOpen ? (
          <Versions artifact={artifact} onRestored={() => setOpen(false)}>
            {children}
          </Versions>
        ) : null}
      </Dialog>
    </>
  );
}

function Versions({ artifact, children, onRestored }: Props & { onRestored: () => void }) {
  const versions = useVersions(artifact.slug);
  const [chosen, setChosen] = useState(artifact.version - 1);
  const rows = versions.data?.pages.flatMap((page) => page.results) ?? [];
  if (versions.isPending) return <SkeletonLines />;
  if (versions.isLoadingError) return <QueryError query={versions} />;
  return (
    <div className="grid gap-4 pb-2 md:grid-cols-[15rem_1fr]">
      <div className="max-h-48 overflow-y-auto md:max-h-[60dvh]">
        <ul className="flex flex-col gap-1">
          {rows.map((row) => (
            <li key={row.version}>
              <VersionButton row={row} isCurrent={row.version === artifact.version} isOpen={row.version === chosen} onOpen={() => setChosen(row.version)} />
            </li>
          ))}
        </ul>
        {versions.hasNextPage ? (
          <Button small look="quiet" className="mt-1 w-full" disabled={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
            <Trans>Older ones</Trans>
          </Button>
        ) : null}
      </div>
      <OldVersion key={chosen} slug={artifact.slug} version={chosen} isCurrent={chosen === artifact.version} onRestored={onRestored}>
        {children}
      </OldVersion>
    </div>
  );
}

function VersionButton({ row, isCurrent, isOpen, onOpen }: { row: VersionSummary; isCurrent: boolean; isOpen: boolean; onOpen: () => void }) {
  return (
    <button type="button" aria-pressed={isOpen} onClick={onOpen} className={cx("flex w-full flex-col rounded-md border px-3 py-1.5 text-start", isOpen ? "border-accent/50 bg-accent-soft" : "border-transparent hover:bg-hover")}>
      <span className="flex items-center gap-2 font-medium">
        <Trans>Version {row.version}</Trans>
        {isCurrent ? (
          <Badge tone="accent">
            <Trans>current</Trans>
          </Badge>
        ) : null}
      </span>
      {row.change_summary ? (
        <span dir="auto" className="line-clamp-2 text-sm break-words">
          {row.change_summary}
        </span>
      ) : null}
      <span className="flex max-w-full flex-wrap gap-x-2 text-sm text-muted">
        <Ago time={row.created_at} /> <span className="truncate">{row.author_email}</span>
      </span>
    </button>
  );
}

type OldProps = { slug: string; version: number; isCurrent: boolean; onRestored: () => void; children: (content: Content) => ReactNode };

function OldVersion({ slug, version, isCurrent, onRestored, children }: OldProps) {
  const { t } = useLingui();
  const say = useToast();
  const found = useVersion(slug, version);
  const restore = useRestore(slug);
  const onSuccess = () => {
    say(t`Version ${version} is restored`);
    onRestored();
  };
  return (
    <section aria-label={t`Version ${version}`} className="flex min-w-0 flex-col gap-3 rounded-md border px-4 py-3">
      {restore.isError ? <ErrorNote error={restore.error} /> : null}
      {found.isPending ? <SkeletonLines /> : null}
      <QueryError query={found} />
      {found.data ? children(found.data.content) : null}
      {isCurrent || !found.data ? null : (
        <div className="mt-auto">
          <Button look="primary" disabled={restore.isPending} onClick={() => restore.mutate(version, { onSuccess })}>
            <Trans>Restore version {version}</Trans>
          </Button>
        </div>
      )}
    </section>
  );
}
