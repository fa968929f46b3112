import { expect, it } from "vitest";
import { toError } from "./client";

it("says what the server says, without its code for programs", () => {
  expect(toError(404, { error: "There is no such user.", code: "not_found" }).message).toBe("There is no such user.");
  const invalid = toError(400, { name: ["Too long."], tags: ["At most 20."] });
  expect([invalid.message, invalid.fields.name]).toEqual(["Too long. At most 20.", "Too long."]);
  expect(toError(502, null).message).toBe("502");
});
