import { setupI18n } from "@lingui/core";
import { expect, test } from "vitest";
import { findingWords } from "./finding-texts";

const i18n = setupI18n({ locale: "en", messages: { en: {} } });

test("what could not be processed is told step by step, in words", () => {
  const finding = { level: "note", subject: "documents", text: "failed: 2 at parse (damaged)", code: "documents.failed", values: { steps: "parse (damaged): 2, embed (unheard_of): 1" } } as const;
  const said = findingWords(i18n, finding);
  expect(said.text).toMatch(/^Some could not be processed/);
  expect(said.lines).toEqual([expect.stringMatching(/^Read, 2\s×: The file is damaged/), expect.stringMatching(/^Analyse and embed, 1\s×: unheard_of$/)]);
});

test("a finding without such steps has no lines", () => {
  expect(findingWords(i18n, { level: "ok", subject: "documents", text: "none has failed", code: "documents.fine", values: {} }).lines).toEqual([]);
});
