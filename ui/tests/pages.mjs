import assert from "node:assert/strict";
import { answered, ask, BASE, newPage, noViolations, PASSWORD, PROJECT, SETUP_CODE, shot, signIn } from "./helpers.mjs";

const PAGES = ["/", "/settings", "/admin", "/admin/health", "/admin/audit", ...["ask", "search", "search?q=battery", "library", "review", "review/signals", "review/truths", "agents", "agents/tools", "agents/compare", "settings", "settings/members", "settings/usage", "settings/audit"].map((path) => `/p/${PROJECT}/${path}`)];

async function settled(page) {
  await page.locator("main").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator('[role="status"] .skeleton').first().waitFor({ state: "detached" });
}

const nameOf = (path) => path.replace(`/p/${PROJECT}`, "p").replace(/[^\w]+/g, "-").replace(/^-|-$/g, "") || "home";

async function everyPage(browser, colorScheme) {
  const page = await newPage(browser, { colorScheme });
  await page.goto(`${BASE}/sign-in`);
  await page.getByLabel("Email").waitFor();
  await noViolations(page, "sign-in");
  await shot(page, `sign-in-${colorScheme}`);
  await signIn(page);
  for (const path of PAGES) {
    await page.goto(BASE + path);
    await settled(page);
    await noViolations(page, `${path} ${colorScheme}`);
    await shot(page, `${nameOf(path)}-${colorScheme}`);
  }
  await ask(page, "How long may a K2 sensor stay in the field before its battery must be replaced?");
  await answered(page);
  await page.getByRole("button", { name: /^Source 1/ }).first().click();
  await page.locator("[data-mark]").first().waitFor();
  await noViolations(page, `source ${colorScheme}`);
  await shot(page, `source-${colorScheme}`);
  return page;
}

export const tests = {
  "every page is accessible in light": (browser) => everyPage(browser, "light"),
  "every page is accessible in dark": (browser) => everyPage(browser, "dark"),

  async "no page scrolls sideways, from a phone to a wide screen"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await ask(page, "How long may a K2 sensor stay in the field before its battery must be replaced?");
    await answered(page);
    const talk = new URL(page.url()).pathname;
    for (const width of [375, 768, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of [...PAGES, talk, `${talk}?source=1`]) {
        await page.goto(BASE + path);
        await settled(page);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(over, 0, `${path} at ${width} px`);
        const cut = await page.evaluate(() => [...document.querySelectorAll("header, main, main > *")].filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "visible").length);
        assert.equal(cut, 0, `something sticks out on ${path} at ${width} px`);
        await shot(page, `${nameOf(path)}-${width}`);
      }
    }
    return page;
  },

  async "the owner comes in by the link, once"(browser) {
    const page = await newPage(browser);
    await page.goto(`${BASE}/setup?code=${SETUP_CODE}`);
    await noViolations(page, "setup");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Begin" }).click();
    await page.waitForURL((url) => url.pathname === "/" || url.pathname.startsWith("/p/"));
    const again = await newPage(browser);
    await again.goto(`${BASE}/setup?code=${SETUP_CODE}`);
    await again.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await again.getByRole("button", { name: "Begin" }).click();
    await again.getByText("This link is not valid, or no longer").waitFor();
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

  async "German has every text"(browser) {
    const page = await newPage(browser, { locale: "de-DE" });
    await page.goto(`${BASE}/sign-in`);
    await page.getByRole("button", { name: "Anmelden" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
    return page;
  },
};
