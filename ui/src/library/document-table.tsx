import { Trans, useLingui } from "@lingui/react/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { FileIcon } from "../kit/icons";
import { formatBytes, formatNumber } from "../kit/time";
import { failureWords } from "./failure-texts";
import { StageBadge } from "./stage-badge";
import { pairs, useBulk, type Row } from "./use-documents";

type Props = { rows: Row[]; chosen: ReadonlySet<string>; onChosen: (chosen: ReadonlySet<string>) => void; canChoose: boolean };

const HEIGHT = 44; // pixels of a row, until it is measured

/** Only the rows that are seen exist, however many there are. */
export function DocumentTable({ rows, chosen, onChosen, canChoose }: Props) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 12, getItemKey: (index) => rows[index]?.id ?? index });
  const isAll = rows.length > 0 && rows.every((row) => chosen.has(row.id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChosen(next);
  };
  return (
    <div role="table" aria-label={t`Documents`} aria-rowcount={rows.length + 1} className="flex min-h-0 flex-1 flex-col rounded-t-md border border-b-0 bg-panel">
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className="flex items-center gap-3 border-b px-3 py-1.5 text-sm text-muted">
          {canChoose ? (
            <span role="columnheader" className="flex">
              <input type="checkbox" aria-label={t`Choose all that are shown`} checked={isAll} onChange={() => onChosen(isAll ? new Set() : new Set(rows.map((row) => row.id)))} className="size-4" />
            </span>
          ) : null}
          <span role="columnheader" className="flex-1">
            <Trans>Name</Trans>
          </span>
          <span role="columnheader" className="w-16 text-end max-sm:sr-only">
            <Trans>Pages</Trans>
          </span>
          <span role="columnheader" className="w-20 text-end max-sm:sr-only">
            <Trans>Size</Trans>
          </span>
          <span role="columnheader" className="w-28 text-end sm:w-72">
            <Trans>State</Trans>
          </span>
        </div>
      </div>
      <div ref={box} role="rowgroup" tabIndex={0} aria-label={t`Documents`} className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
        <div role="presentation" className="relative" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <div key={item.key} ref={list.measureElement} data-index={item.index} role="row" aria-rowindex={item.index + 2} className="absolute inset-x-0 border-b" style={{ transform: `translateY(${item.start}px)` }}>
                <DocumentRow row={row} isChosen={chosen.has(row.id)} onToggle={canChoose ? () => toggle(row.id) : null} />
              </div>
            ) : null;
          })}
        </div>
        {rows.length === 0 ? (
          <p className="p-6 text-center text-muted">
            <Trans>No document matches. Remove a filter.</Trans>
          </p>
        ) : null}
      </div>
    </div>
  );
}

function DocumentRow({ row, isChosen, onToggle }: { row: Row; isChosen: boolean; onToggle: (() => void) | null }) {
  const { t, i18n } = useLingui();
  const bulk = useBulk();
  const pageCount = row.page_count ?? row.indexing?.pages ?? null;
  const error = row.indexing?.stage === "failed" ? row.indexing.error : null;
  return (
    <>
      <div role="presentation" className="flex items-center gap-3 px-3 py-2 hover:bg-hover">
        {onToggle ? (
          <span role="cell" className="flex">
            <input type="checkbox" aria-label={t`Choose ${row.name}`} checked={isChosen} onChange={onToggle} className="size-4" />
          </span>
        ) : null}
        <span role="cell" className="flex min-w-0 flex-1 items-center gap-2">
          <FileIcon size={16} className="shrink-0 text-muted" />
          <Link href={`/library/${row.id}`} dir="auto" className="hover:underline max-sm:line-clamp-2 max-sm:wrap-anywhere sm:truncate" title={row.name}>
            {row.name}
          </Link>
          {pairs(row)
            .slice(0, 2)
            .map((pair) => (
              <span key={pair} className="max-w-40 shrink truncate rounded-sm border px-1 text-xs text-muted max-md:hidden">
                {pair}
              </span>
            ))}
        </span>
        <span role="cell" className="w-16 text-end text-sm text-muted max-sm:hidden">
          {pageCount === null ? "" : formatNumber(i18n.locale, pageCount)}
        </span>
        <span role="cell" className="w-20 text-end text-sm text-muted max-sm:hidden">
          {row.file_size === null ? "" : formatBytes(i18n.locale, row.file_size)}
        </span>
        <span role="cell" className="flex w-28 items-center justify-end gap-2 sm:w-72">
          {row.indexing ? <StageBadge row={row.indexing} /> : null}
        </span>
      </div>
      {error ? (
        <div role="cell" className="flex flex-wrap items-center gap-2 px-3 pb-2 ps-10 text-sm text-danger">
          <span className="min-w-[min(14rem,100%)] flex-1">{failureWords(i18n, error)}</span>
          {onToggle ? (
            <Button small disabled={bulk.isPending} onClick={() => bulk.mutate({ ids: [row.id], act: { kind: "retry" } })}>
              <Trans>Try again</Trans>
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  );
}
