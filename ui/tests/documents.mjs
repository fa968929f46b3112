import assert from "node:assert/strict";
import { answered, ask, BASE, FILES, HAS_OCR, letters, likeness, newPage, noViolations, PROJECT, shot, signIn, textUnderMarks } from "./helpers.mjs";

async function upload(page, kind, files) {
  await page.goto(`${BASE}/p/${PROJECT}/library`);
  await page.getByRole("button", { name: "Upload files" }).waitFor();
  await page.locator(`[data-upload="${kind}"]`).setInputFiles(files);
}

export const tests = {
  async "a broken file says why, and can be tried again"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await upload(page, "files", [`${FILES}/broken.pdf`]);
    const row = page.getByRole("row").filter({ hasText: "broken.pdf" });
    await row.getByText("failed").waitFor({ timeout: 90_000 });
    await row.getByRole("button", { name: "Try again" }).waitFor();
    const said = await row.innerText();
    assert.ok(said.replace(/broken\.pdf|failed|Try again|\d+ ?byte/g, "").trim().length > 15, `a reason: ${said}`);
    await row.getByRole("link", { name: "broken.pdf" }).click();
    await page.getByRole("alert").getByText("The file is damaged or cut off").waitFor();
    return page;
  },

  async "a folder of 50 files goes in whole"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await upload(page, "folder", `${FILES}/folder`);
    await page.getByText("50 files are uploaded").waitFor({ timeout: 90_000 });
    await page.getByPlaceholder("Filter by name").fill("note-");
    await page.getByText(/^50 of/).waitFor();
    return page;
  },

  async "each kind of source shows the quoted words marked"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    const kinds = [
      ["When was the harbour bridge painted?", /bridge\.docx/],
      ["What does the ferry to Lindholm cost?", /ferry\.md/],
      ["Which colour has the lighthouse of Tarn?", /lighthouse\.html/],
      ["When are the gear wheels delivered?", /gear\.eml/],
      ["When do the fireworks of the regatta begin?", /regatta\.pptx/],
    ];
    for (const [question, name] of kinds) {
      await ask(page, question);
      await answered(page);
      const citation = page.getByRole("button", { name: new RegExp(`^Source \\d+, ${name.source}`) }).first();
      const answer = await page.locator(".prose").last().innerText();
      await citation.click();
      await page.locator("aside mark").first().waitFor();
      const marked = await page.locator("aside mark").allInnerTexts();
      assert.ok(marked.length > 0, `${name}: something is marked`);
      assert.ok(likeness(marked.join(" "), answer) > 0.8, `${name}: ${marked.join(" ")} in ${answer}`);
      if (name.source.includes("pptx")) await page.getByRole("region", { name: "Slide 2" }).getByRole("heading", { name: "Fireworks" }).waitFor();
    }
    if (HAS_OCR) {
      await ask(page, "How many passengers does the pilot boat of Skagen carry?");
      await answered(page);
      await page.getByRole("button", { name: /^Source \d+, pilot\.png/ }).first().click();
      await page.locator("aside [data-mark]").first().waitFor();
      const [mark, picture] = await Promise.all(["aside [data-mark]", "aside [data-page] img"].map((each) => page.locator(each).first().boundingBox()));
      const middle = (mark.y + mark.height / 2 - picture.y) / picture.height;
      assert.ok(middle > 0.55 && middle < 0.68, `the words of the scan are marked, at ${middle} of its height`);
      // The same from the text of the document's page, to which nothing is quoted.
      await page.getByRole("link", { name: "In the library" }).click();
      await page.getByRole("region", { name: "Chunk 1" }).locator("[data-block]").first().hover();
      const [box, scan] = await Promise.all(["[data-mark]", "[data-page] img"].map((each) => page.locator(each).first().boundingBox()));
      const height = (box.y + box.height / 2 - scan.y) / scan.height;
      assert.ok(height > 0.55 && height < 0.68, `what is pointed at in the text is marked on the scan, at ${height} of its height`);
    }
    await page.goto(`${BASE}/p/${PROJECT}/search?q=${encodeURIComponent("walnut schooner")}&by=words`);
    await page.getByRole("button", { name: "berths.xlsx" }).first().click();
    // The cell is in view, under its letter and beside its number, and the sheets can be changed.
    const cell = page.locator("[data-cell-mark]").filter({ hasText: "walnut schooner" });
    assert.ok((await cell.boundingBox())?.y > 0);
    await page.getByRole("row").filter({ hasText: "walnut" }).getByRole("rowheader", { name: "240" }).waitFor();
    await noViolations(page, "workbook");
    await shot(page, "workbook");
    await page.getByRole("button", { name: "Rules" }).click();
    await page.getByRole("cell", { name: "Fees are due in March." }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("aside").waitFor({ state: "detached" });
    assert.match(page.url(), /q=walnut/);
    return page;
  },

  async "hostile documents and answers run and load nothing"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    for (const question of ["What is written about the zebrafinch?", "zebrafinch payload list"]) {
      await ask(page, question);
      await answered(page);
      for (const citation of await page.getByRole("button", { name: /^Source \d/ }).all()) {
        await citation.click();
        await page.locator("aside .prose").first().waitFor();
      }
    }
    await page.goto(`${BASE}/p/${PROJECT}/search?q=zebrafinch`);
    await page.locator("main ol li").first().waitFor();
    const ran = await page.evaluate(() => ({ pwned: "pwned" in window, active: document.querySelectorAll("main script, main iframe, main object, main embed, main [onerror], main [onclick], main a[href^='javascript']").length }));
    assert.deepEqual(ran, { pwned: false, active: 0 });
    return page;
  },

  async "an address names the page that a document opens at"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await upload(page, "files", [`${FILES}/logbook.pdf`]);
    await page.getByRole("row").filter({ hasText: "logbook.pdf" }).getByText("searchable").waitFor({ timeout: 90_000 });
    await page.getByRole("link", { name: /logbook/ }).click();
    await page.waitForURL(/\/library\/./);
    // Sheets of A4 are higher than those that are drawn until the file is there: far down, the place must not be lost.
    await page.goto(`${page.url().split("?")[0]}?page=50`);
    const sheet = page.locator('[data-page="50"][data-drawn="true"]');
    await sheet.waitFor();
    const tops = await Promise.all([sheet, page.getByRole("region", { name: /^Pages of/ })].map(async (each) => (await each.boundingBox()).y));
    assert.ok(Math.abs(tops[0] - tops[1]) < 30, `page 50 stands at the top: ${tops}`);
    return page;
  },

  async "a document shows its text, why it is found, and takes metadata"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(`${BASE}/p/${PROJECT}/library`);
    await page.getByPlaceholder("Filter by name").fill("field-manual");
    await page.getByRole("link", { name: /field-manual/ }).click();
    await page.getByRole("region", { name: /Text of the document/ }).getByText("lithium").first().waitFor();
    await page.locator('[data-drawn="true"]').first().waitFor();
    // What the pointer is over in the text is marked on the page, and the other way round.
    await page.getByRole("region", { name: "Chunk 1" }).locator("[data-block]").last().hover();
    const mark = await page.locator("[data-mark]").first().boundingBox();
    await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
    await page.locator("[data-block].bg-mark-soft").first().waitFor();
    await page.getByRole("button", { name: "Chunk 1", exact: true }).click();
    await page.locator("[data-mark]").first().waitFor();
    await page.getByRole("link", { name: "Outline" }).click();
    await page.getByRole("navigation", { name: "Headings" }).getByRole("button").first().click();
    await page.getByRole("link", { name: "Why not found?" }).click();
    await page.getByLabel("What it should be found with").fill("battery unicorn");
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByText(/Not in the document: .*unicorn/).waitFor();
    await page.getByRole("link", { name: "Versions and data" }).click();
    await page.getByLabel("Key").fill("department");
    await page.getByLabel("Value").fill("field");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: "Remove department: field" }).waitFor();
    return page;
  },

  async "what people know is written down, and stays after a reload"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(`${BASE}/p/${PROJECT}/knowledge`);
    await page.getByRole("button", { name: /^(Write it|Edit)$/ }).click();
    await page.getByLabel("Text, in Markdown").fill("Sensors of **Kestrel**, for those who repair them.");
    await page.getByRole("button", { name: "Save" }).click();
    const edit = page.getByRole("button", { name: "Edit" });
    await edit.waitFor();
    assert.equal(await edit.evaluate((each) => each === document.activeElement), true, "the focus is back");
    await page.reload();
    assert.equal(await page.locator("main .prose strong").innerText(), "Kestrel");
    await noViolations(page, "brief");
    return page;
  },

  async "a grid asks every document, and a cell opens the words it was read from"(browser) {
    const page = await newPage(browser);
    await signIn(page);
    await page.goto(`${BASE}/p/${PROJECT}/grid`);
    await page.getByRole("button", { name: "New grid" }).click();
    await page.locator(":focus").and(page.getByLabel("Name of the grid")).waitFor();
    await page.getByLabel("Name of the grid").fill("Batteries");
    await page.getByLabel("The first question").fill("After how many months must the battery be replaced?");
    await page.getByLabel("The answer is").selectOption("integer");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    // Other tests have left many documents, of which the table draws those in view.
    await page.getByPlaceholder("Filter by document or value").fill("field-manual");
    const row = page.getByRole("row").filter({ hasText: "field-manual" });
    await row.getByRole("button", { name: /^26/ }).click();
    const pane = page.getByRole("complementary", { name: "Source of the cell" });
    assert.match(letters(await textUnderMarks(page)), /^26/);
    await noViolations(page, "grid");
    await shot(page, "grid");
    await pane.getByRole("button", { name: "Mark as reviewed" }).click();
    await row.getByText("Reviewed by a person").waitFor({ state: "attached" });
    await pane.getByLabel("Value").fill("27");
    await pane.getByRole("button", { name: "Save" }).click();
    await row.getByText("Written by a person").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Run for all" }).click();
    await page.getByRole("button", { name: "Run for all" }).waitFor();
    await row.getByRole("button", { name: /^27/ }).waitFor();
    return page;
  },
};
