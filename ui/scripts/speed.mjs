// How fast the web app is in a real browser; started by `python -m benchmarks.web_app`, which says where the server is.
// Prints one line of JSON.
import { chromium } from "playwright-core";

const { BASE, EMAIL, PASSWORD, PROJECT, QUESTION, TALK, BIG, BIG_BYTES, MIDDLE } = process.env;
const SLOWDOWN = 4; // of the CPU, as phones are
const RUNS = 5;
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ARGS });

async function newPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(120_000);
  return context.newPage();
}

/** From opening the address to the first paint, and to the form that can be used. */
async function firstPaint() {
  const paints = [];
  const forms = [];
  for (let run = 0; run < RUNS; run++) {
    const page = await newPage({ viewport: { width: 390, height: 844 } });
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    await page.goto(`${BASE}/sign-in`);
    await page.locator('input[type="email"]').waitFor();
    forms.push(await page.evaluate(() => performance.now()));
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await page.context().close();
  }
  return { paint: median(paints), form: median(forms) };
}

async function signIn(page) {
  await page.goto(`${BASE}/sign-in`);
  await page.locator('input[type="email"]').fill(EMAIL);
  await page.locator('input[type="password"]').fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === "/");
}

/** From a click on a citation to the page that is drawn with its words marked. */
function clickToMark(page) {
  return page.evaluate(async () => {
    const isThere = () => document.querySelector("[data-mark]") !== null && document.querySelector('aside [data-drawn="true"]') !== null;
    const started = performance.now();
    document.querySelector("article .prose button[aria-label*='field-manual']").click();
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now() - started;
  });
}

async function citation(page) {
  const times = [];
  await page.goto(`${BASE}/p/${PROJECT}/ask`);
  await page.locator("textarea").fill(QUESTION);
  await page.keyboard.press("Enter");
  await page.locator("article .prose button[aria-label*='field-manual']").first().waitFor();
  await page.locator(".is-growing").waitFor({ state: "detached" });
  await page.waitForTimeout(3000); // as long as somebody reads before they click
  for (let run = 0; run < RUNS; run++) {
    times.push(await clickToMark(page));
    await page.keyboard.press("Escape");
    await page.locator("aside [data-page]").first().waitFor({ state: "detached" });
  }
  return { first: times[0], again: median(times.slice(1)) };
}

/** The tasks of a page's main thread while something is done, in ms: their time by the clock and on a processor. Other
 * programs on the machine stretch only the first. */
async function tasksOf(page, act) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const main = new Set(traceEvents.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain").map((event) => `${event.pid}.${event.tid}`));
  const tasks = traceEvents.filter((event) => event.ph === "X" && /RunTask$/.test(event.name) && main.has(`${event.pid}.${event.tid}`));
  return tasks.map((task) => ({ clock: task.dur / 1000, cpu: (task.tdur ?? 0) / 1000 }));
}

/** The tasks of the page while an answer grows under a long history. */
async function streaming(page) {
  await page.goto(`${BASE}/p/${PROJECT}/c/${TALK}`);
  await page.locator("article").first().waitFor();
  const turns = await page.locator("article").count();
  await page.locator("textarea").fill("Tell me all about the sensor");
  await page.waitForTimeout(2000);
  const started = Date.now();
  const tasks = await tasksOf(page, async () => {
    await page.keyboard.press("Enter");
    await page.locator(".is-growing").waitFor();
    await page.locator(".is-growing").waitFor({ state: "detached" });
    await page.locator("article").last().getByRole("button", { name: "A good answer", exact: true }).waitFor();
  });
  const longest = (kind) => Math.max(0, ...tasks.map((task) => task[kind]));
  const count = (kind) => tasks.filter((task) => task[kind] > 50).length;
  return { turns, seconds: (Date.now() - started) / 1000, clock: { longest: longest("clock"), count: count("clock") }, cpu: { longest: longest("cpu"), count: count("cpu") } };
}

/** A page in the middle of a large file: the time, and the share of the file that was asked for. */
async function bigFile(page) {
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  const wanted = new Set();
  // What arrives counts, not what is announced: the viewer breaks its first request off once it knows the size.
  session.on("Network.responseReceived", ({ requestId, response }) => (/\/file\//.test(response.url) ? wanted.add(requestId) : undefined));
  session.on("Network.dataReceived", ({ requestId, dataLength }) => (wanted.has(requestId) ? (bytes += dataLength) : undefined));
  await session.send("Network.enable");
  const started = Date.now();
  await page.goto(`${BASE}/p/${PROJECT}/library/${BIG}?page=${MIDDLE}`);
  await page.locator(`[data-page="${MIDDLE}"][data-drawn="true"]`).first().waitFor();
  return { ms: Date.now() - started, share: bytes / Number(BIG_BYTES) };
}

const first = await firstPaint();
const page = await newPage();
await signIn(page);
const result = { first, citation: await citation(page), streaming: await streaming(page), big: await bigFile(page) };
await browser.close();
console.log(JSON.stringify(result));
