import { expect, it } from "vitest";
import type { GridRow } from "./use-grid";
import { editable, linesOf, parse, stateOf } from "./values";

it.each([
  ["1,234.5", "en", 1234.5],
  ["1.234,5", "de", 1234.5],
  ["1.234", "de", 1234],
  ["27,5", "de", 27.5],
  ["27.5", "de", 27.5],
  ["-12", "en", -12],
  ["12'000", "en", 12000],
  ["1,5,0", "en", undefined],
  ["about 3", "en", undefined],
  ["", "en", null],
])("reads %j in %s as %j", (text, locale, value) => {
  expect(parse(text, "number", locale)).toBe(value);
});

it.each(["en", "de"])("reads again in %s what it shows to be edited", (locale) => {
  for (const value of [0.1, 1234567.25, -3, 1e-7]) expect(parse(editable(value, locale), "number", locale)).toBe(value);
  expect(parse("2.5", "integer", locale)).toBeUndefined();
});

const row = (document: string, version: string): GridRow => ({ id: `${document}-row`, document_id: document, json_object: { fee: 1 }, evidence: {}, version });

it("says of the rows of a changed document that it has changed, but not after a change of the columns", () => {
  const documents = ["a", "b", "c", "d", "e"].map((id) => ({ id, name: id }));
  const lines = linesOf(documents, [row("a", "2"), row("b", "2"), row("c", "1")], "2", new Set(["b", "c", "d"]), new Map());
  expect(lines.map((line) => stateOf(line, "fee", "2", false))).toEqual(["found", "changed", "stale", "waiting", "missing"]);
});

it("does not say of a document without text that it lacks the answer", () => {
  const stages = ["published", "failed", "parsed"];
  const lines = linesOf(stages.map((id) => ({ id, name: id })), [], "1", new Set(), new Map(stages.map((stage) => [stage, stage])));
  expect(lines.map((line) => stateOf(line, "fee", "1", false))).toEqual(["missing", "unreadable", "waiting"]);
});
