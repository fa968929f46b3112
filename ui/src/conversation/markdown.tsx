// Markdown to React elements: marked cuts it into tokens, and only what is named here becomes an element. There is no HTML
// in it, so nothing in an answer can run or load.
import { useLingui } from "@lingui/react/macro";
import { Lexer, type Token, type Tokens } from "marked";
import { Fragment, memo, useMemo, type ReactNode } from "react";
import { hostOf } from "../kit/host";
import { CLOSE, markClaims, OPEN, unmark, type Claim } from "./claim-marks";
import { UnsupportedNote } from "./unsupported-note";

export type RenderCitation = (number: number, href: string) => ReactNode;

const CITATION = /^\d{1,4}$/;
const REFERENCE = /\/reference\/[0-9a-fA-F-]{36}(?:\?|$)/;
// A citation whose address has not arrived whole.
const PARTIAL = /\[\d{1,4}(?:\](?:\([^)\s]*)?)?$/;

type Props = { content: string; claims?: readonly Claim[]; isStreaming?: boolean; renderCitation?: RenderCitation };

export function Markdown({ content, claims = [], isStreaming = false, renderCitation }: Props) {
  const text = useMemo(() => markClaims(isStreaming ? content.replace(PARTIAL, "") : content, claims), [content, claims, isStreaming]);
  const blocks = useMemo(() => Lexer.lex(text, { gfm: true }), [text]);
  const reasons = useMemo(() => claims.map((claim) => claim.reason), [claims]);
  let opened = 0;
  return (
    <div className={isStreaming ? "prose is-growing" : "prose"} dir="auto">
      {blocks.map((block, index) => {
        const first = opened;
        opened += count(block.raw, OPEN);
        return <Block key={index} raw={block.raw} token={block} firstClaim={first} reasons={reasons} renderCitation={renderCitation} />;
      })}
    </div>
  );
}

type BlockProps = { raw: string; token: Token; firstClaim: number; reasons: string[]; renderCitation: RenderCitation | undefined };

/** Drawn anew only when its text changes: while an answer streams, all but the last block stay. */
const Block = memo(
  function Block({ token, firstClaim, reasons, renderCitation }: BlockProps) {
    return new Renderer(reasons, firstClaim, renderCitation).block(token, 0);
  },
  (before, after) => before.raw === after.raw && before.reasons === after.reasons && before.firstClaim === after.firstClaim && before.renderCitation === after.renderCitation,
);

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

function TaskBox({ isDone }: { isDone: boolean }) {
  const { t } = useLingui();
  return <input type="checkbox" aria-label={isDone ? t`done` : t`not done`} checked={isDone} readOnly disabled className="me-1.5" />;
}

class Renderer {
  private isInClaim = false;

  constructor(
    private readonly reasons: string[],
    private claim: number,
    private readonly renderCitation: RenderCitation | undefined,
  ) {}

  block(token: Token, key: number): ReactNode {
    switch (token.type) {
      case "space":
      case "def":
        return null;
      case "paragraph":
        return <p key={key}>{this.inline(token.tokens)}</p>;
      case "text":
        return <Fragment key={key}>{token.tokens ? this.inline(token.tokens) : this.plain(token.raw)}</Fragment>;
      case "heading":
        return this.heading(token as Tokens.Heading, key);
      case "list":
        return this.list(token as Tokens.List, key);
      case "table":
        return this.table(token as Tokens.Table, key);
      case "code":
        return (
          <pre key={key} dir="ltr" tabIndex={0}>
            <code>{unmark((token as Tokens.Code).text)}</code>
          </pre>
        );
      case "blockquote":
        return <blockquote key={key}>{(token.tokens ?? []).map((each, index) => this.block(each, index))}</blockquote>;
      case "hr":
        return <hr key={key} />;
      default:
        // HTML among it: shown as the text that it is.
        return <p key={key}>{this.plain(token.raw)}</p>;
    }
  }

  private heading(token: Tokens.Heading, key: number): ReactNode {
    const Name = token.depth <= 2 ? "h3" : "h4";
    return <Name key={key}>{this.inline(token.tokens)}</Name>;
  }

  private list(token: Tokens.List, key: number): ReactNode {
    const items = token.items.map((item, index) => (
      <li key={index}>
        {item.task ? <TaskBox isDone={item.checked ?? false} /> : null}
        {item.tokens.map((each, place) => (each.type === "checkbox" ? null : this.block(each, place)))}
      </li>
    ));
    if (!token.ordered) return <ul key={key}>{items}</ul>;
    return (
      <ol key={key} start={typeof token.start === "number" ? token.start : 1}>
        {items}
      </ol>
    );
  }

  private table(token: Tokens.Table, key: number): ReactNode {
    const align = (index: number) => (token.align[index] === "right" ? "text-end" : token.align[index] === "center" ? "text-center" : undefined);
    return (
      <div key={key} className="table-box" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {token.header.map((cell, index) => (
                <th key={index} className={align(index)}>
                  {this.inline(cell.tokens)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {token.rows.map((row, line) => (
              <tr key={line}>
                {row.map((cell, index) => (
                  <td key={index} className={align(index)}>
                    {this.inline(cell.tokens)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }

  private inline(tokens: Token[] | undefined): ReactNode[] {
    return (tokens ?? []).map((token, key) => {
      switch (token.type) {
        case "text":
        case "escape":
          return <Fragment key={key}>{"tokens" in token && token.tokens ? this.inline(token.tokens) : this.plain((token as Tokens.Text).text)}</Fragment>;
        case "strong":
          return <strong key={key}>{this.inline(token.tokens)}</strong>;
        case "em":
          return <em key={key}>{this.inline(token.tokens)}</em>;
        case "del":
          return <del key={key}>{this.inline(token.tokens)}</del>;
        case "codespan":
          return <code key={key}>{unmark((token as Tokens.Codespan).text)}</code>;
        case "br":
          return <br key={key} />;
        case "link":
          return this.link(token as Tokens.Link, key);
        case "image":
          // Never loaded: it would tell its server who reads.
          return <span key={key}>{this.plain((token as Tokens.Image).text || (token as Tokens.Image).href)}</span>;
        default:
          return <Fragment key={key}>{this.plain(token.raw)}</Fragment>;
      }
    });
  }

  private link(token: Tokens.Link, key: number): ReactNode {
    if (this.renderCitation && CITATION.test(token.text) && REFERENCE.test(token.href)) {
      return <Fragment key={key}>{this.renderCitation(Number(token.text), token.href)}</Fragment>;
    }
    const text = this.inline(token.tokens);
    if (!/^https?:\/\//i.test(token.href)) return <Fragment key={key}>{text}</Fragment>;
    const shown = hostOf(token.href);
    return (
      <a key={key} href={token.href} target="_blank" rel="noopener noreferrer nofollow" title={token.href}>
        {text}
        {shown && !unmark(token.text).includes(shown) ? <span className="text-muted"> ({shown})</span> : null}
      </a>
    );
  }

  /** A text with its claims marked; what a claim lacks is said where it ends. */
  private plain(text: string): ReactNode {
    if (!text.includes(OPEN) && !text.includes(CLOSE)) return this.isInClaim ? <span className="unsupported">{text}</span> : text;
    return text.split(new RegExp(`(${OPEN}|${CLOSE})`)).map((piece, key) => {
      if (piece === OPEN) {
        this.isInClaim = true;
        return null;
      }
      if (piece === CLOSE) {
        this.isInClaim = false;
        return <UnsupportedNote key={key} reason={this.reasons[this.claim++] ?? "no_citation"} />;
      }
      if (!piece) return null;
      return this.isInClaim ? (
        <span key={key} className="unsupported">
          {piece}
        </span>
      ) : (
        <Fragment key={key}>{piece}</Fragment>
      );
    });
  }
}
