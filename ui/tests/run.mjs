// `node run.mjs FILE NAME...`: these tests of a file, one after the other in one browser. Prints a line of JSON for each.
import { noFaults, SHOTS, withBrowser } from "./helpers.mjs";

const [file, ...names] = process.argv.slice(2);
const { tests } = await import(`./${file}`);

async function faultOf(browser, test) {
  try {
    const pages = await test(browser);
    for (const page of [pages ?? []].flat()) noFaults(page);
    return null;
  } catch (error) {
    if (SHOTS) for (const [at, page] of browser.contexts().flatMap((context) => context.pages()).entries()) await page.screenshot({ path: `${SHOTS}/failed-${at}.png` });
    return error.stack ?? String(error);
  } finally {
    for (const context of browser.contexts()) await context.close();
  }
}

await withBrowser(async (browser) => {
  for (const name of names) {
    const fault = await faultOf(browser, tests[name]);
    console.log(JSON.stringify({ name, fault }));
  }
});
