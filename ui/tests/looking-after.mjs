import assert from "node:assert/strict";
import { BASE, newPage, noViolations, OTHER_EMAIL, PROJECT, shot, signIn } from "./helpers.mjs";

const BATTERY = "How long may a K2 sensor stay in the field before its battery must be replaced?";

const place = (path) => `${BASE}/p/${PROJECT}/${path}`;

async function keepAnswer(page, question, answer) {
  await page.getByRole("button", { name: "Add a question" }).click();
  await page.getByLabel("Question").fill(question);
  await page.getByLabel("Right answer").fill(answer);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Asks all known questions again, and waits until a run with these scores is shown. */
async function evaluate(page, right) {
  await page.goto(place("review/evaluation"));
  await page.getByRole("button", { name: "Ask all known questions" }).click();
  await page.getByRole("definition").filter({ hasText: right }).waitFor();
}

async function uploadText(page, name, text) {
  await page.goto(place("library"));
  await page.getByRole("button", { name: "Upload files" }).waitFor();
  await page.locator('[data-upload="files"]').setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.getByPlaceholder("Filter by name").fill(name);
  await page.getByRole("row").filter({ hasText: name }).getByText("searchable").waitFor();
}

export const tests = {
  async "an evaluation shows what is right, what is wrong, and what has changed"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("review/truths"));
    await keepAnswer(page, BATTERY, "26 months");
    await keepAnswer(page, "What does the ferry to Lindholm cost?", "99 crowns");
    await evaluate(page, "1 / 2");
    const wrong = page.getByRole("button", { name: /^wrong/ });
    await wrong.click();
    await page.getByRole("heading", { name: "What is right" }).waitFor();
    await page.getByText("99 crowns", { exact: true }).waitFor();
    await page.getByText("14 crowns").first().waitFor();
    await page.getByText("Missing:").waitFor();
    await noViolations(page, "evaluation");
    await shot(page, "evaluation");

    await page.goto(place("review/truths"));
    const truth = page.getByRole("listitem").filter({ hasText: "99 crowns" });
    await truth.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Right answer").fill("14 crowns");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("14 crowns", { exact: true }).waitFor();
    await evaluate(page, "2 / 2");
    await page.getByText("1 is better").waitFor();
    await page.getByRole("button", { name: /^better What does the ferry/ }).click();
    for (const name of ["Before", "Now"]) await page.getByRole("heading", { name, exact: true }).waitFor();
    await noViolations(page, "comparison");
    await shot(page, "comparison");

    await page.goto(place("review/truths"));
    for (const answer of ["26 months", "14 crowns"]) {
      const known = page.getByRole("listitem").filter({ hasText: answer });
      await known.getByRole("button", { name: "Delete" }).click();
      await known.getByRole("button", { name: "Really delete?" }).click();
      await known.waitFor({ state: "detached" });
    }
    return page;
  },

  async "an old version of what people know can be looked at and restored"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("knowledge/general"));
    for (const text of ["The year ends in **June**.", "The year ends in **September**."]) {
      await page.getByRole("button", { name: /^(Write it|Edit)$/ }).click();
      await page.getByLabel("Text, in Markdown").fill(text);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: "Edit" }).waitFor();
    }
    await page.getByRole("button", { name: "Versions" }).click();
    const old = page.getByRole("region", { name: "Version 1" });
    await old.getByText("June").waitFor();
    await noViolations(page, "versions");
    await shot(page, "versions");
    await old.getByRole("button", { name: "Restore version 1" }).click();
    await page.locator("main .prose").getByText("June").waitFor();
    await page.getByRole("button", { name: "Versions" }).click();
    await page.getByRole("button", { name: /^Version 3 current/ }).waitFor();
    return page;
  },

  async "a design template is written down with its files"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("knowledge/design_templates"));
    await page.getByRole("button", { name: "New template" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Letter to a customer");
    await page.getByLabel("Kind of document").selectOption("docx");
    await page.getByLabel("When to use it").fill("Answers to complaints");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Letter to a customer" }).waitFor();
    await page.getByLabel("Files of the template").setInputFiles({ name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("Dear customer") });
    const link = page.getByRole("link", { name: "letter.txt" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.equal(download.suggestedFilename(), "letter.txt");
    await noViolations(page, "templates");
    await shot(page, "templates");
    await page.getByRole("button", { name: "Remove letter.txt" }).click();
    await page.getByRole("button", { name: "Really remove?" }).click();
    await link.waitFor({ state: "detached" });
    return page;
  },

  async "cells say that their document has changed, and are read again"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await uploadText(page, "towing.txt", "Towing fee: 310 crowns for each hour.\n");
    await page.goto(place("grid"));
    await page.getByRole("button", { name: "New grid" }).click();
    await page.getByLabel("Name of the grid").fill("Fees");
    await page.getByLabel("The first question").fill("How much is the towing fee?");
    await page.getByLabel("The answer is").selectOption("number");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByPlaceholder("Filter by document or value").fill("towing");
    const row = page.getByRole("row").filter({ hasText: "towing.txt" });
    await row.getByRole("button", { name: /^310/ }).waitFor();
    const grid = page.url();

    await page.getByRole("link", { name: "towing.txt" }).click();
    await page.getByLabel("The new version").setInputFiles({ name: "towing.txt", mimeType: "text/plain", buffer: Buffer.from("Towing fee: 450 crowns for each hour.\n") });
    await page.getByRole("region", { name: /Text of the document/ }).getByText("450 crowns").first().waitFor();

    await page.goto(grid);
    await page.getByText("1 document has changed since it was read.").waitFor();
    await page.getByRole("button", { name: "Show them" }).click();
    const cell = row.getByRole("button", { name: /^310.*The document has changed since this was read/ });
    await cell.waitFor();
    await noViolations(page, "grid with a changed document");
    await shot(page, "grid-changed");
    await page.getByRole("button", { name: "Read them again" }).click();
    await page.getByText("1 document has changed since it was read.").waitFor({ state: "detached" });
    await page.getByLabel("State").selectOption("");
    await row.getByRole("button", { name: /^450/ }).waitFor();
    return page;
  },

  async "an organisation is made with its key, and only its admins see it"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(`${BASE}/admin/organizations`);
    await page.getByLabel("Name of a new organisation").fill("Tarn Harbours");
    await page.getByLabel("Domains of its addresses").fill("tarn.example");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("link", { name: /Tarn Harbours/ }).click();
    await page.getByLabel("Name of a new key").fill("Directory of Tarn");
    await page.getByRole("button", { name: "Create a key" }).click();
    await page.getByText(/^cwk_/).waitFor();
    await page.getByLabel("Name of the group").fill("Harbour masters");
    await page.getByLabel("Project", { exact: true }).selectOption({ label: "Kestrel" });
    await page.getByRole("button", { name: "Add", exact: true }).last().click();
    await page.getByText("Harbour masters").waitFor();
    await noViolations(page, "organisation");
    await shot(page, "organisation");
    const address = page.url();

    const other = await newPage(browser);
    await signIn(other, OTHER_EMAIL, "/settings");
    await other.goto(address);
    await other.getByText("There is nothing at this address").waitFor();
    await page.getByLabel("Address of an account").fill(OTHER_EMAIL);
    await page.getByRole("button", { name: "Add", exact: true }).first().click();
    await page.getByRole("listitem").filter({ hasText: OTHER_EMAIL }).getByText("admin", { exact: true }).waitFor();
    await other.goto(`${BASE}/settings`);
    await other.getByRole("link", { name: "Tarn Harbours" }).click();
    await other.getByText("Directory of Tarn").waitFor();
    assert.equal(await other.getByRole("button", { name: /Create a key|Delete/ }).count(), 0);
    await page.getByRole("button", { name: `Remove ${OTHER_EMAIL}` }).click();
    await page.getByRole("button", { name: "Really remove?" }).click();
    await page.getByText("Nobody yet.").waitFor();
    return [page, other];
  },

  async "a member who only reads is offered nothing that the server refuses"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("review/truths"));
    await keepAnswer(page, "Who only reads this?", "a viewer");
    const other = await newPage(browser);
    await signIn(other, OTHER_EMAIL);
    const shown = { "review/truths": "Who only reads this?", settings: "Only an admin of the project can change this.", "knowledge/documents": "an admin of the project can do it" };
    for (const [path, text] of Object.entries(shown)) {
      await other.goto(place(path));
      await other.getByText(text).waitFor();
      assert.equal(await other.getByRole("button", { name: /^(Add a question|Edit|Delete|Save|Write it)$/ }).count(), 0, path);
    }
    return [page, other];
  },

  async "a button keeps the focus while something is saved, and saves it once"(browser) {
    const page = await newPage(browser);
    await signIn(page, undefined, "/settings");
    let saved = 0;
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/api/v1/tokens/", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      saved++;
      await held;
      return route.continue();
    });
    await page.getByLabel("Name of a new token").fill("nightly report");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const button = page.getByRole("button", { name: "Create a token", disabled: true });
    await button.waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await button.evaluate((each) => each === document.activeElement), true);
    release();
    await page.getByText("it is shown this once").waitFor();
    assert.equal(saved, 1);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Create a token");
    return page;
  },

  async "acting as another user cannot be missed, and is ended with a click"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("settings/members"));
    await page.getByRole("button", { name: `Act as ${OTHER_EMAIL}` }).click();
    const banner = page.getByRole("alert").filter({ hasText: `You act as ${OTHER_EMAIL}` });
    await banner.waitFor();
    await noViolations(page, "acting as another user");
    await shot(page, "acting");
    await page.goto(place("library"));
    await banner.waitFor();
    await page.getByRole("button", { name: "Be yourself again" }).click();
    await banner.waitFor({ state: "detached" });
    return page;
  },

  async "a file that is dropped on a conversation is read in it"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(place("ask"));
    await page.getByLabel("Your question").waitFor();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["The password of the lock keeper is heron."], "keeper.txt", { type: "text/plain" }));
      dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    });
    await page.getByRole("list", { name: "Files of this conversation" }).getByText("keeper.txt").waitFor();
    return page;
  },
};
