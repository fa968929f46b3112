// The pictures of the README and the manual, from a server with the demo project: `make screenshots`.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [address, code, folder] = process.argv.slice(2);
const password = "plum harbour violin 7";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const context = await browser.newContext({ viewport: { width: 1360, height: 820 }, deviceScaleFactor: 1.5, locale: "en-US", reducedMotion: "reduce" });
context.setDefaultTimeout(120_000);
const page = await context.newPage();
await page.goto(`${address}/setup?code=${code}`);
await page.getByLabel("Password", { exact: true }).fill(password);
await page.getByRole("button", { name: "Begin" }).click();
await page.getByRole("button", { name: /How long may a K2 sensor/ }).click();
await page.getByRole("button", { name: "A good answer", exact: true }).waitFor();
await page.getByRole("button", { name: /^Source 1/ }).first().click();
await page.locator("[data-mark]").first().waitFor();
await page.locator('[data-drawn="true"]').first().waitFor();
for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.mouse.move(5, 400);
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${folder}/web-${scheme}.png` });
}
await browser.close();
for (const scheme of ["light", "dark"]) console.log(`${folder}/web-${scheme}.png: ${Math.round(readFileSync(`${folder}/web-${scheme}.png`).length / 1024)} KB`);
