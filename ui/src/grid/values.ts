// What a cell shows, and in which state it is.
import { formatNumber, regional } from "../kit/time";
import { isBusy } from "../library/use-indexing";
import type { Column } from "./columns";
import { pointerOf, type Evidence, type GridRow } from "./use-grid";

export type CellState = "found" | "derived" | "missing" | "flagged" | "corrected" | "reviewed" | "stale" | "changed" | "waiting" | "unreadable" | "running";

/** A line of the grid: an object of a document, or a document without any. `stage`: how far
 * the document is, where that is known. `isOutdated`: a run would read it anew, as it has changed or was never read. */
export type Line = { key: string; documentId: string; documentName: string; stage: string | undefined; row: GridRow | null; isOutdated: boolean };

/** A line for each object, and one for each document that has none. `outdated`: documents that a run would read anew; null
 * while that is not known. */
export function linesOf(documents: ReadonlyArray<{ id: string; name: string }>, rows: readonly GridRow[], version: string, outdated: ReadonlySet<string> | null, stages: ReadonlyMap<string, string>): Line[] {
  const byDocument = Map.groupBy(rows, (row) => row.document_id);
  return documents.flatMap((document): Line[] => {
    const own = byDocument.get(document.id) ?? [];
    const line = { documentId: document.id, documentName: document.name, stage: stages.get(document.id) };
    if (own.length === 0) return [{ ...line, key: document.id, row: null, isOutdated: outdated?.has(document.id) ?? true }];
    // After a change of the columns a run would read every document anew; that is another state.
    return own.map((row) => ({ ...line, key: row.id, row, isOutdated: row.version === version && (outdated?.has(document.id) ?? false) }));
  });
}

export const valueOf = (line: Line, name: string): unknown => line.row?.json_object[name] ?? null;
export const evidenceOf = (line: Line, name: string): Evidence | null => line.row?.evidence[pointerOf(name)] ?? null;

export function stateOf(line: Line, name: string, version: string, isRunning: boolean): CellState {
  if (isRunning) return "running";
  if (!line.row) return line.stage === "failed" ? "unreadable" : line.isOutdated || (line.stage && isBusy({ stage: line.stage })) ? "waiting" : "missing";
  if (line.isOutdated) return "changed";
  const evidence = evidenceOf(line, name);
  if (evidence?.reviewed) return "reviewed";
  if (evidence?.corrected) return "corrected";
  if (line.row.version !== version && !(name in line.row.json_object)) return "waiting";
  if (evidence?.conflicts && evidence.conflicts.length > 0) return "flagged";
  if (line.row.version !== version) return "stale";
  if (valueOf(line, name) === null) return "missing";
  return evidence?.status === "derived" ? "derived" : "found";
}

export function textOf(value: unknown, locale: string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return formatNumber(locale, value, 6);
  if (Array.isArray(value)) return value.map((each) => textOf(each, locale)).join("; ");
  if (typeof value === "object") return Object.entries(value).map(([name, each]) => `${name}: ${textOf(each, locale)}`).join("; ");
  return String(value);
}

/** A value as it is typed: `parse` reads it again. */
export function editable(value: unknown, locale: string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return new Intl.NumberFormat(regional(locale), { useGrouping: false, maximumFractionDigits: 20 }).format(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A number as people of this language write it; NaN for what is none. */
function numberOf(text: string, locale: string): number {
  const parts = new Intl.NumberFormat(regional(locale)).formatToParts(12345.6);
  const sign = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const bare = text.replace(/[\s'’_\u202f]/g, "").replace("−", "-");
  // What stands between thousands, and only there: 1.5 is not 15 in German.
  const isGrouped = sign("group") !== "" && new RegExp(`^-?\\d{1,3}(?:\\${sign("group")}\\d{3})+(?:\\${sign("decimal")}\\d+)?$`).test(bare);
  return Number((isGrouped ? bare.replaceAll(sign("group"), "") : bare).replace(sign("decimal"), "."));
}

/** What was typed as a value of the column; undefined where it is none. */
export function parse(text: string, kind: Column["kind"], locale: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (kind === "number" || kind === "integer") {
    const value = numberOf(trimmed, locale);
    return Number.isFinite(value) && (kind === "number" || Number.isInteger(value)) ? value : undefined;
  }
  if (kind === "boolean") return /^(true|yes|ja|1)$/i.test(trimmed) ? true : /^(false|no|nein|0)$/i.test(trimmed) ? false : undefined;
  if (kind === "date") return /^\d{4}-\d{2}-\d{2}$/.test(trimmed) && !Number.isNaN(Date.parse(trimmed)) ? trimmed : undefined;
  return trimmed;
}

export type Order = { name: string; isDown: boolean } | null;

export function ordered(lines: readonly Line[], order: Order): Line[] {
  if (!order) return [...lines];
  const value = (line: Line) => (order.name === "" ? line.documentName : valueOf(line, order.name));
  const sign = order.isDown ? -1 : 1;
  return [...lines].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    // What is empty stands last in either order.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * String(left).localeCompare(String(right), undefined, { numeric: true });
  });
}
