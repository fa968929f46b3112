import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

/** Each message of a catalogue with its translation. */
function entries(locale: string): Map<string, string> {
  const text = readFileSync(join(import.meta.dirname, `${locale}.po`), "utf8");
  const said = (block: string, name: string) => [...(new RegExp(`^${name} ((?:".*"\\n?)+)`, "m").exec(block)?.[1] ?? "").matchAll(/"(.*)"/g)].map((line) => line[1]).join("");
  return new Map(text.split("\n\n").map((block) => [said(block, "msgid"), said(block, "msgstr")] as const).filter(([id]) => id));
}

const holes = (text: string) => [...text.matchAll(/\{(\w+)[,}]|<(\/?\d+)\/?>/g)].map((found) => found[1] ?? found[2]).filter((name) => name && !["one", "other"].includes(name)).sort();

it.each(["en", "de"])("%s has every message, with the same holes", (locale) => {
  const found = entries(locale);
  expect([...found.keys()]).toEqual([...entries("en").keys()]);
  for (const [id, text] of found) {
    expect(text, id).not.toBe("");
    expect([...new Set(holes(text))], id).toEqual([...new Set(holes(id))]);
  }
});
