import { i18n } from "@lingui/core";
import { expect, it } from "vitest";
import { toError, firstRows } from "./client";
import { ERROR_TEXTS } from "./error-texts";
import { SENTENCES } from "./sentences";

it("says what the server says, without its code for programs", () => {
  expect(toError(404, { error: "There is no such user.", code: "not_found" }).message).toBe("There is no such user.");
  const invalid = toError(400, { name: ["Too long."], tags: ["At most 20."] });
  expect([invalid.message, invalid.fields.name]).toEqual(["Too long. At most 20.", "Too long."]);
  expect(toError(502, null).message).toBe("502");
});

it("says it in the reader's language, and beside it what the server said", () => {
  i18n.load("de", { [ERROR_TEXTS.forbidden?.id ?? ""]: "Dafür fehlt Ihnen das Recht.", [SENTENCES["This is not your password."]?.id ?? ""]: "Das ist nicht Ihr Passwort." });
  i18n.activate("de");
  const refused = toError(403, { error: "Only a superuser may change accounts.", code: "forbidden" });
  expect([refused.message, refused.detail]).toEqual(["Dafür fehlt Ihnen das Recht.", "Only a superuser may change accounts."]);
  expect(toError(400, { current_password: ["This is not your password."] }).fields.current_password).toBe("Das ist nicht Ihr Passwort.");
  expect(toError(418, { error: "I am a teapot.", code: "teapot" }).message).toBe("I am a teapot.");
});

it("loads the first rows of a list in as many requests as the server's limit takes", async () => {
  const rows = Array.from({ length: 2300 }, (_, number) => number);
  const load = (limit: number, offset: number) => Promise.resolve({ results: rows.slice(offset, offset + Math.min(limit, 1000)), count: rows.length });
  expect(await firstRows(load, 100)).toEqual({ results: rows.slice(0, 100), count: 2300 });
  expect((await firstRows(load, 1250)).results).toEqual(rows.slice(0, 1250));
  expect((await firstRows(load, 5000)).results).toEqual(rows);
  expect(await firstRows(() => Promise.resolve({ results: [], count: 0 }), 100)).toEqual({ results: [], count: 0 });
});
