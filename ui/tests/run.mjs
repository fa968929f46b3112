// `node run.mjs FILE NAME`: one test. Without a name: the names of the file's tests, one a line.
import { noFaults, withBrowser } from "./helpers.mjs";

const [file, name] = process.argv.slice(2);
const { tests } = await import(`./${file}`);
if (!name) console.log(Object.keys(tests).join("\n"));
else {
  await withBrowser(async (browser) => {
    const pages = await tests[name](browser);
    for (const page of [pages ?? []].flat()) noFaults(page);
  });
}
