// What the browser tests share. They are run by tests/web/test_browser.py, which starts the server and says where it is.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const { BASE, EMAIL, PASSWORD, OTHER_EMAIL, PROJECT, FILES, FIRST_FILE, HAS_OCR, SETUP_CODE, SHOTS } = process.env;
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function withBrowser(act) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGS, headless: true });
  try {
    await act(browser);
  } finally {
    await browser.close();
  }
}

/** A page that fails the test when the policy is violated, a script throws, or something is asked of another host. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/status of (400|401|403|404|409|503)|ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(text)) page.faults.push(text);
  });
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("dialog", (dialog) => {
    page.faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.requests = 0; // that are under way
  page.on("request", () => page.requests++);
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, () => page.requests--);
  page.on("request", (request) => {
    if (!request.url().startsWith(BASE) && !/^(blob|data|about):/.test(request.url())) page.faults.push(`asked of another host: ${request.url()}`);
  });
  return page;
}

const sessions = new Map(); // the cookies of those who have signed in, by address

/** Opens the path, if one is given, as this user; through the form the first time. */
export async function signIn(page, email = EMAIL, path = "/") {
  if (sessions.has(email)) {
    await page.context().addCookies(sessions.get(email));
    if (path !== "/") await page.goto(BASE + path);
    return;
  }
  await page.goto(`${BASE}/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname === path.split("?")[0]);
  sessions.set(email, await page.context().cookies());
}

/** `agent`: a part of its name, where it is not the default one. */
export async function ask(page, question, { project = PROJECT, agent } = {}) {
  await page.goto(`${BASE}/p/${project}/ask`);
  if (agent) {
    await page.getByRole("button", { name: /^Agent: / }).click();
    await page.getByRole("menuitemradio", { name: agent }).click();
  }
  const field = page.getByLabel("Your question");
  await field.fill(question);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.waitForURL(/\/c\//);
}

/** Waits until the answer is whole. */
export async function answered(page) {
  await page.getByRole("button", { name: "A good answer", exact: true }).last().waitFor();
}

/** The text that lies under the marks of the page that is shown: what a reader sees as quoted. */
export async function textUnderMarks(page) {
  await page.locator("[data-mark]").first().waitFor();
  await page.locator('[data-drawn="true"] .text-layer span').first().waitFor();
  return page.evaluate(() => {
    const marks = [...document.querySelectorAll("[data-mark]")].map((mark) => mark.getBoundingClientRect());
    const found = [];
    for (const span of document.querySelectorAll(".text-layer span")) {
      const node = span.firstChild;
      if (!(node instanceof Text)) continue;
      for (let at = 0; at < node.length; at++) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const box = range.getBoundingClientRect();
        const x = (box.left + box.right) / 2;
        const y = (box.top + box.bottom) / 2;
        if (marks.some((mark) => mark.left <= x && x <= mark.right && mark.top <= y && y <= mark.bottom)) found.push(node.data[at]);
      }
    }
    return found.join("");
  });
}

/** Waits until the marks lie on these words: the boxes of the very words replace those of the lines a moment later. */
export async function marked(page, words) {
  for (let left = 100; left > 0; left--) {
    if (words.test(await textUnderMarks(page))) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`Marked is ${await textUnderMarks(page)}`);
}

export const letters = (text) => text.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

/** The share of a text's letter triples that another has. */
export function likeness(wanted, found) {
  const triples = (text) => new Set(Array.from({ length: Math.max(text.length - 2, 0) }, (_, at) => text.slice(at, at + 3)));
  const a = triples(letters(wanted));
  const b = triples(letters(found));
  return [...a].filter((each) => b.has(each)).length / Math.max(a.size, 1);
}

const WCAG = { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, resultTypes: ["violations"] };

export async function noViolations(page, where) {
  // Half a megabyte of script, which stays until another page is loaded. Left to itself the builder runs it twice at each look.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(new AxeBuilder({ page }).script());
  // Not in the newer mode: it opens a page more for each look, for frames of other sites, and there are none.
  const { violations } = await new AxeBuilder({ page, axeSource: "0" }).options(WCAG).setLegacyMode().analyze();
  const said = violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(said, [], where);
}

export function noFaults(page) {
  assert.deepEqual(page.faults, []);
}

export async function shot(page, name) {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png` });
}
