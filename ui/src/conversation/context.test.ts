import { expect, it } from "vitest";
import { contextOf, plain } from "./context";

it("cuts what stands around a quote between words", () => {
  const text = `${"word ".repeat(60)}QUOTE${" after".repeat(60)}`;
  const start = text.indexOf("QUOTE");
  const { before, after } = contextOf(text, start, start + 5);
  expect(before).toMatch(/^…word (word )*$/);
  expect(after).toMatch(/^( after)+ …$/);
  expect(contextOf("a QUOTE b", 2, 7)).toEqual({ before: "a ", after: " b" });
  expect(plain("one | two\n| three")).toBe("one · two · three");
});
