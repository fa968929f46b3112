import { expect, it } from "vitest";
import { inUnits, unitsIn } from "./offsets";

it("finds the same words as the server, whatever stands before them", () => {
  for (const before of ["", "plain ", "🚢", "a🚢b𝒳 ", "\u{20000}\u{20000}"]) {
    const text = `${before}the ferry 🛳 costs 14`;
    const start = [...before].length;
    const span = inUnits({ start, end: start + 9 }, unitsIn(text));
    expect(text.slice(span.start, span.end)).toBe("the ferry");
    const units = unitsIn(text);
    expect(text.slice(units([...text].length - 2), units([...text].length))).toBe("14");
  }
  expect(inUnits({ start: null, end: null }, unitsIn("🚢"))).toEqual({ start: null, end: null });
});
