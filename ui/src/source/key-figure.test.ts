import { expect, it } from "vitest";
import { hasFigure, keyFigure } from "./key-figure";

it("takes the telling number of a quote", () => {
  expect(keyFigure("Total net sales were $81,797 million in 2023, down 1 %")).toBe("81,797");
  expect(keyFigure("In 2023 there were 12 of them")).toBeNull();
  expect(keyFigure("no number")).toBeNull();
});

it("finds a number that stands alone", () => {
  expect(hasFigure("Products | 81,797 | 82,959", "81,797")).toBe(true);
  expect(hasFigure("It was 81,797.", "81,797")).toBe(true);
  expect(hasFigure("1,81,797 and 81,797,000", "81,797")).toBe(false);
});
