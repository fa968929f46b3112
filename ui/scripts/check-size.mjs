// What the conversation page loads before the PDF viewer: its scripts, compressed. Fails above the limit.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 190 * 1024;
const dist = join(import.meta.dirname, "../../src/citewell/web/dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

/** An entry and all that it imports at once. */
function filesOf(name, found = new Set()) {
  const entry = manifest[name];
  if (!entry || found.has(entry.file)) return found;
  found.add(entry.file);
  for (const each of entry.imports ?? []) filesOf(each, found);
  return found;
}

const files = new Set([...filesOf("index.html"), ...filesOf("src/main.tsx"), ...filesOf("src/conversation/ask-page.tsx"), ...filesOf("src/locales/en.po")]);
const sizes = [...files].filter((file) => file.endsWith(".js")).map((file) => [gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, file]);
const total = sizes.reduce((sum, [size]) => sum + size, 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
if (total > LIMIT || process.argv.includes("--list")) for (const [size, file] of sizes.sort((a, b) => b[0] - a[0])) console.error(`${kib(size).padStart(10)}  ${file}`);
console.log(`The conversation page loads ${kib(total)} of script; at most ${kib(LIMIT)} are allowed.`);
if (total > LIMIT) process.exit(1);

const WIDGET_LIMIT = 60 * 1024;
const widget = gzipSync(readFileSync(join(dist, "widget.js")), { level: 9 }).length;
console.log(`The widget is ${kib(widget)}; at most ${kib(WIDGET_LIMIT)} are allowed.`);
if (widget > WIDGET_LIMIT) process.exit(1);
