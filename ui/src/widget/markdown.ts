// Markdown to elements of the page, made one by one: no HTML passes, and nothing loads.
import { Lexer, type Token, type Tokens } from "marked";
import { hostOf } from "../kit/host";

export type MakeCitation = (number: number, chunk: string) => HTMLElement;

const REFERENCE = /\/reference\/([0-9a-fA-F-]{36})(?:\?|$)/;
const NUMBER = /^\d{1,4}$/;
const PARTIAL = /\[\d{1,4}(?:\](?:\([^)\s]*)?)?$/;

export function renderMarkdown(text: string, cite: MakeCitation, isGrowing: boolean): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const token of Lexer.lex(isGrowing ? text.replace(PARTIAL, "") : text, { gfm: true })) fragment.append(...block(token, cite));
  return fragment;
}

export function element<Name extends keyof HTMLElementTagNameMap>(name: Name, properties: Partial<HTMLElementTagNameMap[Name]> = {}, children: Array<Node | string> = []): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function block(token: Token, cite: MakeCitation): Node[] {
  switch (token.type) {
    case "space":
    case "def":
      return [];
    case "paragraph":
      return [element("p", { dir: "auto" }, inline(token.tokens, cite))];
    case "text":
      return token.tokens ? inline(token.tokens, cite) : [document.createTextNode(token.raw)];
    case "heading":
      return [element("p", { className: "heading", dir: "auto" }, inline(token.tokens, cite))];
    case "list": {
      const list = token as Tokens.List;
      const items = list.items.map((item) => element("li", { dir: "auto" }, item.tokens.flatMap((each) => block(each, cite))));
      const start = Number(list.start);
      return [list.ordered ? element("ol", Number.isInteger(start) && start !== 1 ? { start } : {}, items) : element("ul", {}, items)];
    }
    case "table": {
      const table = token as Tokens.Table;
      const row = (cells: Tokens.TableCell[], name: "td" | "th") => element("tr", {}, cells.map((cell) => element(name, { dir: "auto" }, inline(cell.tokens, cite))));
      const box = element("div", { className: "table", tabIndex: 0 }, [element("table", {}, [row(table.header, "th"), ...table.rows.map((cells) => row(cells, "td"))])]);
      return [box];
    }
    case "code":
      return [element("pre", {}, [element("code", {}, [(token as Tokens.Code).text])])];
    case "blockquote":
      return [element("blockquote", {}, (token.tokens ?? []).flatMap((each) => block(each, cite)))];
    case "hr":
      return [element("hr")];
    default:
      return [element("p", { dir: "auto" }, [token.raw])];
  }
}

function inline(tokens: Token[] | undefined, cite: MakeCitation): Node[] {
  return (tokens ?? []).map((token): Node => {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return element(token.type, {}, inline(token.tokens, cite));
      case "codespan":
        return element("code", {}, [(token as Tokens.Codespan).text]);
      case "br":
        return element("br");
      case "escape":
        return document.createTextNode((token as Tokens.Escape).text);
      case "link":
        return link(token as Tokens.Link, cite);
      case "text":
        return token.tokens ? element("span", {}, inline(token.tokens, cite)) : document.createTextNode(unescaped((token as Tokens.Text).text));
      default:
        return document.createTextNode(token.raw);
    }
  });
}

function link(token: Tokens.Link, cite: MakeCitation): Node {
  const chunk = REFERENCE.exec(token.href)?.[1];
  if (chunk && NUMBER.test(token.text)) return cite(Number(token.text), chunk);
  if (chunk || !/^https?:\/\//i.test(token.href)) return document.createTextNode(token.raw);
  const host = hostOf(token.href);
  const shown = host && !token.text.includes(host) ? [` (${host})`] : [];
  return element("a", { href: token.href, target: "_blank", rel: "noopener noreferrer nofollow", title: token.href }, [...inline(token.tokens, cite), ...shown]);
}

/** The lexer escapes what would be HTML; here it is text. */
function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "");
}
