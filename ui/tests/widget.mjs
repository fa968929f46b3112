import assert from "node:assert/strict";
import { createServer } from "node:http";
import { AxeBuilder } from "@axe-core/playwright";
import { BASE, newPage, PROJECT, shot, signIn } from "./helpers.mjs";

const QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?";

/** A page on another origin, with a policy as strict as the manual says that it can be. */
async function hostPage(tag) {
  const policy = `default-src 'none'; script-src ${BASE}; connect-src ${BASE}; require-trusted-types-for 'script'`;
  const server = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy });
    response.end(`<!doctype html><html lang="en"><title>Harbour</title><body><main><h1>Harbour</h1></main>${tag()}</body></html>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export const tests = {
  async "a widget answers on the site it was made for, and on no other"(browser) {
    let tag = "";
    const host = await hostPage(() => tag);
    const stranger = await hostPage(() => tag);
    try {
      const admin = await newPage(browser);
      await signIn(admin, undefined, `/p/${PROJECT}/settings/widgets`);
      await admin.getByLabel("Name, as visitors read it").fill("Ask the harbour");
      await admin.getByLabel("Websites that may show it").fill(host.origin);
      await admin.getByRole("button", { name: "Create a widget" }).click();
      const code = admin.getByRole("listitem").filter({ hasText: host.origin }).locator("code");
      tag = await code.innerText();

      const visitor = await (await browser.newContext({ locale: "en-US", reducedMotion: "reduce" })).newPage();
      const said = [];
      visitor.on("console", (message) => (message.type() === "error" ? said.push(message.text()) : undefined));
      await visitor.goto(host.origin);
      await visitor.getByRole("button", { name: "Ask a question" }).click();
      const panel = visitor.getByRole("dialog", { name: "Ask the harbour" });
      await panel.getByLabel("Your question").fill(QUESTION);
      await visitor.keyboard.press("Enter");
      const citation = panel.getByRole("button", { name: /^Source 1 .*field-manual/ });
      await citation.first().waitFor();
      await shot(visitor, "widget");
      await citation.first().click();
      assert.match(await panel.locator("mark").innerText(), /26\s+months/);
      const { violations } = await new AxeBuilder({ page: visitor }).include("[data-citewell]").analyze();
      assert.deepEqual(violations.map((each) => each.id), []);
      await panel.getByRole("button", { name: "Back to the answer" }).click();
      // The conversation is there again after a reload, in this tab.
      await visitor.reload();
      await visitor.getByRole("button", { name: "Ask a question" }).click();
      await citation.first().waitFor();
      assert.deepEqual(said, []);

      await visitor.goto(stranger.origin);
      await visitor.getByRole("button", { name: "Ask a question" }).click();
      await visitor.getByText(/could not be made|may not use/).waitFor();
      return admin;
    } finally {
      host.close();
      stranger.close();
    }
  },
};
