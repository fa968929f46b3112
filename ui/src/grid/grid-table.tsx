import { Trans, useLingui } from "@lingui/react/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { Link } from "wouter";
import { cx } from "../kit/cx";
import { CheckIcon, DownIcon, LockIcon, RetryIcon, UpIcon, WarnIcon } from "../kit/icons";
import { titleOf, type Column } from "./columns";
import { evidenceOf, stateOf, textOf, valueOf, type CellState, type Line, type Order } from "./values";

type Props = {
  lines: readonly Line[];
  columns: readonly Column[];
  version: string;
  isRunning: (line: Line) => boolean;
  order: Order;
  onOrder: (order: Order) => void;
  chosen: ReadonlySet<string>;
  /** Null: nothing can be chosen. */
  onChosen: ((chosen: ReadonlySet<string>) => void) | null;
  openCell: { row: string | null; column: string | null };
  onOpen: (line: Line, name: string) => void;
};

const ROW = 42; // pixels
const NAME = "min(15rem, 38vw)";
const CELL = "min(14rem, 60vw)";

/** Documents by questions. Only the rows that are seen are drawn; the documents' names stay in view. */
export function GridTable({ lines, columns, version, isRunning, order, onOrder, chosen, onChosen, openCell, onOpen }: Props) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8 });
  const template = { gridTemplateColumns: `${onChosen ? "2.5rem " : ""}${NAME} ${columns.map(() => `minmax(${CELL}, 28rem)`).join(" ")}` };
  const documents = new Set(lines.map((line) => line.documentId));
  const isAll = lines.length > 0 && [...documents].every((id) => chosen.has(id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChosen?.(next);
  };
  const sort = (name: string) => onOrder(order?.name === name ? (order.isDown ? null : { name, isDown: true }) : { name, isDown: false });
  return (
    <div ref={box} role="table" aria-label={t`Documents by questions`} aria-rowcount={lines.length + 1} tabIndex={0} className="min-h-0 flex-1 overflow-auto rounded-t-lg border border-b-0 bg-panel outline-offset-[-2px]">
      <div role="rowgroup" className="sticky top-0 z-20 w-fit min-w-full border-b bg-sunken">
        <div role="row" aria-rowindex={1} className="grid" style={template}>
          {onChosen ? (
            <span role="columnheader" className="sticky start-0 z-10 flex items-center justify-center bg-sunken">
              <input type="checkbox" aria-label={t`Choose all that are shown`} checked={isAll} onChange={() => onChosen(isAll ? new Set() : documents)} className="size-4" />
            </span>
          ) : null}
          <Header label={t`Document`} name="" order={order} onSort={sort} className={cx("sticky z-10 bg-sunken", onChosen ? "start-10" : "start-0")} />
          {columns.map((column) => (
            <Header key={column.name} label={titleOf(column.name)} hint={column.question} name={column.name} order={order} onSort={sort} isNumber={isNumeric(column)} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative w-fit min-w-full" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          const isBusy = isRunning(line);
          return (
            <div key={line.key} role="row" aria-rowindex={item.index + 2} className="absolute inset-x-0 grid border-b" style={{ ...template, height: ROW, transform: `translateY(${item.start}px)` }}>
              {onChosen ? (
                <span role="cell" className="sticky start-0 z-10 flex items-center justify-center bg-panel">
                  <input type="checkbox" aria-label={t`Choose ${line.documentName}`} checked={chosen.has(line.documentId)} onChange={() => toggle(line.documentId)} className="size-4" />
                </span>
              ) : null}
              <span role="rowheader" className={cx("sticky z-10 flex items-center border-e bg-panel px-3", onChosen ? "start-10" : "start-0")}>
                <Link href={`/library/${line.documentId}`} dir="auto" title={line.documentName} className="truncate hover:underline">
                  {line.documentName}
                </Link>
              </span>
              {columns.map((column) => (
                <Cell key={column.name} line={line} column={column} state={stateOf(line, column.name, version, isBusy)} isOpen={openCell.column === column.name && openCell.row !== null && openCell.row === line.row?.id} onOpen={() => onOpen(line, column.name)} />
              ))}
            </div>
          );
        })}
      </div>
      {lines.length === 0 ? (
        <p className="p-6 text-center text-muted">
          <Trans>No row matches. Remove a filter.</Trans>
        </p>
      ) : null}
    </div>
  );
}

const isNumeric = (column: Column) => column.kind === "number" || column.kind === "integer";

type HeaderProps = { label: string; hint?: string; name: string; order: Order; onSort: (name: string) => void; className?: string; /** Its values stand at the end of their cells. */ isNumber?: boolean };

function Header({ label, hint, name, order, onSort, className, isNumber = false }: HeaderProps) {
  const isHere = order?.name === name;
  return (
    <span role="columnheader" aria-sort={isHere ? (order.isDown ? "descending" : "ascending") : "none"} className={cx("flex border-e last:border-e-0", className)}>
      <button type="button" title={hint} onClick={() => onSort(name)} className={cx("flex min-w-0 flex-1 items-center gap-1 px-3 py-2 text-start text-sm font-medium outline-offset-[-2px] hover:bg-hover", isNumber && "justify-end")}>
        <span dir="auto" className="min-w-0 truncate">
          {label}
        </span>
        {isHere ? order.isDown ? <DownIcon size={12} /> : <UpIcon size={12} /> : null}
      </button>
    </span>
  );
}

type CellProps = { line: Line; column: Column; state: CellState; isOpen: boolean; onOpen: () => void };

function Cell({ line, column, state, isOpen, onOpen }: CellProps) {
  const { t, i18n } = useLingui();
  const words = useStateWords();
  const value = valueOf(line, column.name);
  const evidence = evidenceOf(line, column.name);
  const text = column.kind === "boolean" && typeof value === "boolean" ? (value ? t`yes` : t`no`) : textOf(value, i18n.locale);
  const quote = evidence?.verbatim ? `“${evidence.verbatim}”${evidence.place ? ` (${evidence.place})` : ""}` : "";
  const isEmpty = text === "";
  const isNumber = isNumeric(column);
  return (
    <span role="cell" className="flex border-e last:border-e-0">
      <button
        type="button"
        disabled={!line.row}
        aria-pressed={isOpen}
        title={[quote, words(state)].filter(Boolean).join("\n")}
        onClick={onOpen}
        className={cx("flex min-w-0 flex-1 items-center gap-1.5 px-3 text-start outline-offset-[-2px] not-disabled:hover:bg-hover aria-pressed:bg-accent-soft aria-pressed:outline-1 aria-pressed:outline-accent", isNumber && !isEmpty ? "justify-end" : "")}
      >
        {state === "running" ? (
          <span className="skeleton h-3 w-24" role="status" aria-label={words(state)} />
        ) : (
          <>
            {isEmpty ? <span className="truncate text-sm text-muted">{state === "waiting" ? t`not read yet` : state === "unreadable" ? t`could not be read` : t`not in the document`}</span> : <span dir="auto" className={cx("truncate", (state === "stale" || state === "changed") && "text-muted")}>{text}</span>}
            {state === "flagged" ? <WarnIcon size={14} className="shrink-0 text-warn" /> : null}
            {state === "changed" ? <RetryIcon size={14} className="shrink-0 text-warn" /> : null}
            {state === "reviewed" ? <CheckIcon size={14} className="shrink-0 text-accent" /> : null}
            {state === "corrected" ? <LockIcon size={14} className="shrink-0 text-accent" /> : null}
          </>
        )}
        <span className="sr-only">{words(state)}</span>
      </button>
    </span>
  );
}

export function useStateWords(): (state: CellState) => string {
  const { t } = useLingui();
  return (state) => {
    switch (state) {
      case "derived":
        return t`Derived from several places`;
      case "missing":
        return t`The document does not say this`;
      case "flagged":
        return t`The document says different things: check it`;
      case "corrected":
        return t`Written by a person; runs keep it`;
      case "reviewed":
        return t`Reviewed by a person`;
      case "changed":
        return t`The document has changed since this was read`;
      case "stale":
        return t`From before the columns changed`;
      case "waiting":
        return t`This document has not been read yet. Run the grid.`;
      case "unreadable":
        return t`The document could not be read. Its page says why.`;
      case "running":
        return t`Being read`;
      default:
        return "";
    }
  };
}
