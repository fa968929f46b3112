import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, it } from "vitest";
import { markClaims } from "./claim-marks";
import { Markdown } from "./markdown";

beforeAll(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

const html = (content: string, props: Partial<Parameters<typeof Markdown>[0]> = {}) =>
  renderToStaticMarkup(
    <I18nProvider i18n={i18n}>
      <Markdown content={content} {...props} />
    </I18nProvider>,
  );

const PAYLOADS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "a <svg onload=alert(1)> b",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:x)",
  "![x](http://tracker.invalid/p.png)",
  "![x](javascript:alert(1))",
  "<style>@import 'http://tracker.invalid/a.css'</style>",
  "<a href='javascript:alert(1)' onclick=alert(1)>x</a>",
  "| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | c |",
  "- <details open ontoggle=alert(1)>x</details>",
  "> <base href='http://tracker.invalid/'>",
  "# <script>alert(1)</script>",
  "`<script>alert(1)</script>`",
  "```html\n<script>alert(1)</script>\n```",
  "<http://tracker.invalid/\"onmouseover=alert(1)>",
  "[x](http://a.invalid/\"onmouseover=\"alert(1))",
];

describe("an answer's Markdown", () => {
  it.each(PAYLOADS)("lets nothing run or load: %s", (payload) => {
    const said = html(payload);
    expect(said).not.toMatch(/<(script|img|svg|iframe|style|base|object|embed|details|form|link|meta)\b/i);
    expect(said).not.toMatch(/<[^>]*\son\w+=/i);
    expect(said).not.toMatch(/href="(?!https?:)/i);
  });

  it("gives citations to their buttons, and shows where other links lead", () => {
    const link = "/p/reference/24828b88-4439-559b-a16e-90ad9d2b9076?verbatim=a%20b";
    const said = html(`So it is [1](${link}), see [the site](https://example.org/x).`, { renderCitation: (number, href) => <b data-href={href}>{number}</b> });
    expect(said).toContain(`<b data-href="${link}">1</b>`);
    expect(said).toContain("(example.org)");
  });

  it("leaves out a citation whose address has not arrived whole", () => {
    expect(html("So it is [1](http://h/reference/24", { isStreaming: true })).not.toContain("24");
  });

  it.each([
    ["- It **rose.** Really.", 2, 22],
    ["It rose by **5 %.**", 0, 19],
    ["| a | b |\n|---|---|\n| c | d |", 20, 29],
  ])("marks a claim that nothing backs, and keeps its form: %s", (content, start, end) => {
    const said = html(content, { claims: [{ start, end, reason: "no_citation" }] });
    expect(said).toContain('class="unsupported"');
    expect(said).toContain("aria-expanded");
    expect(said).not.toMatch(/[⸢⸣]|\*\*/);
    if (content.startsWith("|")) expect(said).toContain("<td>");
  });

  it("ignores places that are not in the text", () => {
    expect(markClaims("short", [{ start: 3, end: 99, reason: "no_citation" }])).toBe("short");
  });
});
