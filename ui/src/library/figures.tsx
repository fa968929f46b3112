import { Trans } from "@lingui/react/macro";
import { EmptyState, ErrorNote } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useFigures } from "./use-document";

export function Figures({ document }: { document: string }) {
  const figures = useFigures(document);
  if (figures.isPending) return <div className="p-4">{<SkeletonLines />}</div>;
  if (figures.isLoadingError) return <ErrorNote className="m-4" error={figures.error} />;
  if (figures.data.results.length === 0) {
    return (
      <EmptyState title={<Trans>No figures</Trans>}>
        <Trans>Pictures in the document would stand here with their captions.</Trans>
      </EmptyState>
    );
  }
  return (
    <ul className="grid min-h-0 flex-1 grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] content-start gap-4 overflow-y-auto p-4">
      {figures.data.results.map((figure) => (
        <li key={figure.id} className="rounded-md border bg-panel">
          <img src={localPath(figure.figure)} alt={figure.caption} loading="lazy" className="max-h-64 w-full rounded-t-md bg-paper object-contain" />
          <p dir="auto" className="px-3 py-2 text-sm">
            {figure.caption} {figure.page ? <span className="text-muted">{<Trans>page {figure.page}</Trans>}</span> : null}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** The address on this host, whatever name the server is known by. */
function localPath(address: string): string {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
}
