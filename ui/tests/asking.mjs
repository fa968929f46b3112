import assert from "node:assert/strict";
import { answered, ask, BASE, EMAIL, FILES, letters, likeness, newPage, noViolations, OTHER_EMAIL, PASSWORD, PROJECT, shot, signIn, textUnderMarks } from "./helpers.mjs";

const BATTERY = "How long may a K2 sensor stay in the field before its battery must be replaced?";
const LONG = "Tell me all about the sensor";

export const tests = {
  async "a click on a citation marks the quoted words on the page"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, BATTERY);
    await answered(page);
    await page.getByRole("button", { name: /^Source 1,.*field-manual\.pdf/ }).first().click();
    await page.waitForURL(/source=1/);
    const verbatim = await page.evaluate(() => decodeURIComponent(document.querySelector("article")?.innerText ?? ""));
    const under = await textUnderMarks(page);
    assert.ok(letters(verbatim).includes(letters(under).slice(0, 20)), `under the mark: ${under}`);
    assert.ok(likeness("A sensor may stay in the field for 26 months before its battery must be replaced.", under) > 0.9, `under the mark: ${under}`);
    // The mark can be seen: yellow on the page, not behind it.
    const colour = await page.locator("[data-mark]").first().evaluate((mark) => getComputedStyle(mark).backgroundColor);
    assert.match(colour, /255, 224, 102/);
    const box = await page.locator("[data-mark]").first().boundingBox();
    assert.ok(box && box.y > 100 && box.y < 760, "the mark is in view without scrolling");
    await shot(page, "citation");
    return page;
  },

  async "a source that covers the answer takes the keyboard along, and back goes where it was opened"(browser) {
    const page = await newPage(browser, { viewport: { width: 375, height: 800 } });
    await signIn(page);
    await ask(page, BATTERY);
    await answered(page);
    const citation = page.getByRole("button", { name: /^Source 1/ }).first();
    const depth = await page.evaluate(() => history.length);
    await citation.click();
    const sheet = page.getByRole("complementary", { name: "Source 1" });
    await sheet.waitFor();
    // What is covered cannot be reached with the keyboard.
    assert.ok(await page.locator("main").first().evaluate((main) => main.inert));
    // What is marked stays in view when the window becomes lower, and its page is the one that is named.
    const mark = sheet.locator("[data-mark]").first();
    await mark.waitFor();
    await page.setViewportSize({ width: 667, height: 375 });
    await page.waitForFunction(() => {
      const [marked, pages] = ["[data-mark]", "[role=region][aria-label^=Pages]"].map((each) => document.querySelector(each)?.getBoundingClientRect());
      return marked && pages && pages.width > 600 && marked.top >= pages.top && marked.bottom <= pages.bottom;
    });
    assert.equal(await sheet.getByRole("spinbutton", { name: "Page" }).or(sheet.getByRole("textbox", { name: "Page" })).inputValue(), "2");
    await page.setViewportSize({ width: 375, height: 800 });
    await page.getByRole("button", { name: "Close the source" }).click();
    await sheet.waitFor({ state: "detached" });
    await page.waitForURL((url) => !url.search);
    await page.waitForFunction(() => /^Source 1/.test(document.activeElement?.getAttribute("aria-label") ?? ""));
    await citation.click();
    await sheet.waitFor();
    await page.goBack();
    await sheet.waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => history.length), depth + 1);
    await page.goBack();
    await page.waitForURL(/\/ask$/);
    await page.goForward();
    await page.getByRole("button", { name: "Conversations", exact: true }).click();
    const drawer = page.getByRole("dialog", { name: "Conversations" });
    await drawer.waitFor();
    await page.keyboard.press("Shift+Tab");
    await drawer.waitFor({ state: "detached" });
    return page;
  },

  async "an answer goes on after a reload, on a second page, and after a lost network"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, LONG, { agent: "Slow" });
    await page.locator(".is-growing").waitFor();
    await page.reload();
    await page.locator(".is-growing").waitFor();
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.locator(".is-growing").waitFor();
    const before = (await page.locator(".prose").last().innerText()).length;
    await page.context().setOffline(true);
    await page.waitForTimeout(700);
    await page.context().setOffline(false);
    await page.waitForFunction((length) => ([...document.querySelectorAll("article .prose")].at(-1)?.textContent?.length ?? 0) > length + 20, before);
    await page.getByRole("button", { name: "Stop the answer" }).click();
    for (const each of [page, second]) await each.getByText("You stopped this answer here.").waitFor();
    const [one, two] = await Promise.all([page, second].map((each) => each.locator(".prose").last().innerText()));
    assert.equal(one, two);
  },

  async "stop keeps what was said, says so, and offers to go on"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, LONG, { agent: "Slow" });
    await page.locator(".is-growing").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.getByText("You stopped this answer here.").waitFor();
    await page.getByRole("button", { name: "Go on" }).waitFor();
    assert.ok((await page.locator(".prose").last().innerText()).length > 10);
    await page.getByRole("button", { name: "Ask", exact: true }).waitFor();
    return page;
  },

  async "a click on a citation works while the answer is written"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, LONG, { agent: "Slow" });
    await page.locator(".is-growing").waitFor();
    await page.getByRole("button", { name: /^Source 1/ }).first().click();
    await page.getByRole("complementary", { name: "Source 1" }).waitFor();
    await page.locator(".is-growing").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    return page;
  },

  async "nothing typed is lost when the session ends"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(`${BASE}/p/${PROJECT}/ask`);
    await page.getByLabel("Your question").fill(BATTERY);
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
    await page.getByRole("dialog").getByLabel("Password").fill(PASSWORD);
    await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/\/c\//);
    await answered(page);
    return page;
  },

  async "from sign-in to a checked source with the keyboard alone"(browser) {
    const page = await newPage(browser);
    await page.goto(`${BASE}/p/${PROJECT}/ask`);
    await page.getByLabel("Email").focus();
    await page.keyboard.type(EMAIL);
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByLabel("Your question").waitFor();
    await page.keyboard.type(BATTERY);
    await page.keyboard.press("Enter");
    await answered(page);
    await page.keyboard.press("]");
    await page.locator("[data-mark]").first().waitFor();
    const count = await page.locator("article").last().getByRole("button", { name: /^Source \d/ }).count();
    await page.keyboard.press("]");
    await page.waitForURL(count > 1 ? /source=2/ : /source=1/);
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: /Source/ }).waitFor({ state: "detached" });
    return page;
  },

  async "a shared conversation is read by another user, and only read"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, BATTERY);
    await answered(page);
    await page.getByRole("button", { name: "More about this conversation" }).click();
    await page.getByRole("menuitem", { name: "Share with the project" }).click();
    await page.getByText("Shared", { exact: true }).waitFor();
    const other = await newPage(browser);
    await signIn(other, OTHER_EMAIL, new URL(page.url()).pathname);
    await other.getByRole("button", { name: /^Source 1/ }).first().waitFor();
    await other.getByText("shared with you to read").waitFor();
    assert.equal(await other.getByLabel("Your question").count(), 0);
    await other.getByRole("button", { name: "More about this conversation" }).click();
    await other.getByRole("menuitem", { name: "Copy the link" }).waitFor();
    assert.equal(await other.getByRole("menuitem", { name: /Archive|Stop sharing|Name and tags|Delete/ }).count(), 0);
    return [page, other];
  },

  async "a thumb with a comment comes to the review"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, BATTERY);
    await answered(page);
    await page.getByRole("button", { name: "Not a good answer" }).last().click();
    await page.getByLabel("Comment").fill("It forgets the cold.");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("It is in the review now").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Not a good answer", pressed: true }).waitFor();
    await page.getByRole("link", { name: "Review" }).click();
    await page.getByText("It forgets the cold.").first().waitFor();
    await noViolations(page, "review");
    return page;
  },

  async "a conversation takes files of its own, and is exported with its quotes"(browser) {
    const page = await newPage(browser, { acceptDownloads: true });
    await signIn(page);
    await page.goto(`${BASE}/p/${PROJECT}/ask`);
    await page.getByLabel("Your question").fill("What is the gate code of note 7?");
    await page.locator('[data-upload="conversation"]').setInputFiles(`${FILES}/folder/note-07.txt`);
    await page.waitForURL(/\/c\//);
    const file = page.getByRole("listitem").filter({ hasText: "note-07.txt" });
    await file.waitFor();
    await file.getByText("being read").waitFor({ state: "detached", timeout: 60_000 });
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await answered(page);
    assert.match(await page.locator(".prose").last().innerText(), /259/);
    for (const kind of ["Word", "PDF", "Markdown"]) {
      await page.getByRole("button", { name: "More about this conversation" }).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: `Export to ${kind}` }).click()]);
      assert.match(download.suggestedFilename(), /\.(docx|pdf|md)$/);
    }
    return page;
  },
};
