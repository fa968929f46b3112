// Fails when the catalogues do not hold what the sources say: `npm run extract` mends them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const paths = ["en", "de"].map((locale) => join(import.meta.dirname, `../src/locales/${locale}.po`));
const read = () => paths.map((path) => readFileSync(path, "utf8").replace(/^"POT-Creation-Date.*\n/m, ""));
const before = read();
const run = spawnSync("lingui", ["extract", "--clean"], { encoding: "utf8" });
if (run.status !== 0) {
  console.error(run.stdout, run.stderr);
  process.exit(1);
}
if (read().join() !== before.join()) {
  console.error("The catalogues were not up to date. They are now: translate what is new, and commit them.");
  process.exit(1);
}
