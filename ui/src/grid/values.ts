// What a cell shows, and in which state it is.
import { formatNumber } from "../kit/time";
import type { Column } from "./columns";
import { pointerOf, type Evidence, type GridRow } from "./use-grid";

export type CellState = "found" | "derived" | "missing" | "flagged" | "corrected" | "reviewed" | "stale" | "waiting" | "running";

/** A line of the grid: an object of a document, or a document without any. */
export type Line = { key: string; documentId: string; documentName: string; row: GridRow | null };

export const valueOf = (line: Line, name: string): unknown => line.row?.json_object[name] ?? null;
export const evidenceOf = (line: Line, name: string): Evidence | null => line.row?.evidence[pointerOf(name)] ?? null;

export function stateOf(line: Line, name: string, version: string, isRunning: boolean): CellState {
  if (isRunning) return "running";
  if (!line.row) return "waiting";
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

/** What was typed as a value of the column; undefined where it is none. */
export function parse(text: string, kind: Column["kind"]): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (kind === "number" || kind === "integer") {
    const value = Number(trimmed.replace(/[\s'’_]/g, ""));
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
