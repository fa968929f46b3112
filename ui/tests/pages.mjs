import assert from "node:assert/strict";
import { answered, BASE, EMAIL, FIRST_FILE, likeness, newPage, noViolations, PASSWORD, PROJECT, SETUP_CODE, shot, signIn, marked, textUnderMarks } from "./helpers.mjs";

const PAGES = ["/", "/settings", "/admin", "/admin/organizations", "/admin/health", "/admin/usage", "/admin/audit", ...["ask", "search", "search?q=battery", "library", "grid", "knowledge", "knowledge/playbooks", "knowledge/design_templates", "knowledge/words", "knowledge/tags", "knowledge/graph", "review", "review/signals", "review/truths", "review/evaluation", "agents", "agents/tools", "agents/compare", "settings", "settings/members", "settings/usage", "settings/widgets", "settings/audit"].map((path) => `/p/${PROJECT}/${path}`)];
const WIDTHS = [375, 768, 2560];
const QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?";

/** Waits until the page asks for nothing any more. */
async function settled(page) {
  await page.locator("main").first().waitFor();
  for (let quiet = 0; quiet < 10; quiet = page.requests ? 0 : quiet + 1) await page.waitForTimeout(30);
  await page.locator('[role="status"] .skeleton').first().waitFor({ state: "detached" });
}

const nameOf = (path) => path.replace(`/p/${PROJECT}`, "p").replace(/[^\w]+/g, "-").replace(/^-|-$/g, "") || "home";

/** Whether something is wider than the window, or sticks out of its place; and what is in it that does. */
const sticksOut = () => ({
  over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cut: [...document.querySelectorAll("header, main, main > *")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "visible")
    .flatMap((each) => [each, ...[...each.querySelectorAll("*")].filter((inner) => inner.getBoundingClientRect().right > each.getBoundingClientRect().right + 1)])
    .map((each) => each.outerHTML.slice(0, 160)),
});

/** Ends with the second frame from now: media queries change with the first, and what hangs on them is drawn by then. */
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

/** What is demanded of every page: no violation of WCAG 2.2 AA, and no width at which it scrolls sideways. */
async function inspect(page, name, theme) {
  await settled(page);
  await noViolations(page, `${name} ${theme}`);
  await shot(page, `${name}-${theme}`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(drawn);
    assert.deepEqual(await page.evaluate(sticksOut), { over: 0, cut: [] }, `${name} at ${width} px`);
    if (width === 375) await shot(page, `${name}-${theme}-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Goes to each page by its address, or from one to the next as a link does. */
async function everyPage(browser, colorScheme, locale, byLink) {
  const page = await newPage(browser, { colorScheme, locale });
  await page.goto(`${BASE}/sign-in`);
  await page.locator('input[type="email"]').waitFor();
  await inspect(page, "sign-in", colorScheme);
  await page.locator('input[type="email"]').fill(EMAIL);
  await page.locator('input[type="password"]').fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === "/");
  const titles = new Set();
  for (const path of PAGES) {
    if (byLink) await page.evaluate((to) => history.pushState(null, "", to), path);
    else await page.goto(BASE + path);
    await inspect(page, nameOf(path), colorScheme);
    titles.add(await page.title());
    if (path.endsWith("q=battery")) assert.equal(await page.locator("main form input").first().inputValue(), "battery");
  }
  assert.equal(titles.size, PAGES.length, `each page has a title of its own: ${[...titles].join("; ")}`);
  await page.goto(`${BASE}/p/${PROJECT}/ask`);
  await page.locator("textarea").fill(QUESTION);
  await page.keyboard.press("Enter");
  const citation = page.locator("article .prose button").first();
  await citation.waitFor();
  await page.locator(".is-growing").waitFor({ state: "detached" });
  await inspect(page, "conversation", colorScheme);
  await citation.click();
  await page.locator("[data-mark]").first().waitFor();
  await inspect(page, "source", colorScheme);
  return page;
}

export const tests = {
  "every page is accessible and fits every width, in light": (browser) => everyPage(browser, "light", "en-US", false),
  "every page is accessible and fits every width, in dark and German": (browser) => everyPage(browser, "dark", "de-DE", true),

  async "the owner comes in by the link, once, and checks a first answer"(browser) {
    const page = await newPage(browser);
    await page.goto(`${BASE}/setup?code=${SETUP_CODE}`);
    await noViolations(page, "setup");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Begin" }).click();
    await page.waitForURL((url) => url.pathname === "/" || url.pathname.startsWith("/p/"));
    await page.goto(`${BASE}/p/${PROJECT}/ask`);
    await page.getByLabel("Your question").fill(QUESTION);
    await page.keyboard.press("Enter");
    await answered(page);
    await page.getByRole("button", { name: /^Source 1/ }).first().click();
    assert.ok(likeness("A sensor may stay in the field for 26 months before its battery must be replaced.", await textUnderMarks(page)) > 0.9);
    // A project of one's own: a real 10-Q is seen to become searchable, and a figure of it is checked on its page.
    await page.goto(`${BASE}/`);
    await page.getByRole("button", { name: "New project" }).click();
    await page.getByLabel("Name of the project").fill("First");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("No documents yet").waitFor();
    await page.locator('[data-upload="files"]').setInputFiles(FIRST_FILE);
    await page.getByRole("row").getByText("searchable", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Ask about them" }).click();
    await page.getByLabel("Your question").fill("What were total net sales for the three months ended July 1, 2023?");
    await page.keyboard.press("Enter");
    await answered(page);
    await page.getByRole("button", { name: /^Source 1/ }).first().click();
    await marked(page, /Total net sales.*81,797/s);
    await shot(page, "first-report");
    await page.getByRole("button", { name: /^You:/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    const again = await newPage(browser);
    await again.goto(`${BASE}/setup?code=${SETUP_CODE}`);
    await again.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await again.getByRole("button", { name: "Begin" }).click();
    await again.getByText("This link is not valid or has expired").waitFor();
    return page;
  },

  async "an unknown address says so in the app, signed in or not"(browser) {
    const page = await newPage(browser);
    const said = page.getByRole("heading", { name: "There is nothing at this address" });
    const response = await page.goto(`${BASE}/nonsense/of-somebody`);
    assert.equal(response.status(), 404);
    await said.waitFor();
    await signIn(page);
    for (const path of ["/nonsense", "/p/nonsense", "/admin/nonsense", ...["nonsense", "review/nonsense", "settings/nonsense", "library/nonsense", "c/nonsense"].map((each) => `/p/${PROJECT}/${each}`)]) {
      await page.goto(BASE + path);
      await said.waitFor();
    }
    await noViolations(page, "unknown address");
    await shot(page, "unknown");
    return page;
  },

  async "the policy is strict"(browser) {
    const page = await newPage(browser);
    const response = await page.goto(`${BASE}/sign-in`);
    const policy = (await response.headerValue("content-security-policy")) ?? "";
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    for (const wanted of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) assert.ok(policy.includes(wanted), wanted);
    assert.equal(await response.headerValue("referrer-policy"), "no-referrer");
    return page;
  },

  async "German has every text, also of what the server says"(browser) {
    const page = await newPage(browser, { locale: "de-DE" });
    await page.goto(`${BASE}/sign-in`);
    await page.getByRole("button", { name: "Anmelden" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
    await page.getByLabel("E-Mail").fill("nobody@example.org");
    await page.getByLabel("Passwort", { exact: true }).fill("not the password");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await page.getByText("Die Adresse oder das Passwort ist falsch.").waitFor();
    return page;
  },
};
