"""Markdown by `markdown-it`: headings, paragraphs, lists, tables and code as they were written."""

from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_KINDS: dict[str, BlockType] = {
    "paragraph_open": "text",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "text",
    "fence": "code",
    "code_block": "code",
    "html_block": "text",
}


def parse_markdown(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    source = text.split("\n")
    tokens = MarkdownIt("commonmark", {"maxNesting": limits.max_nesting}).enable("table").parse(text)
    builder = Builder()
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            builder.add("title" if level == 1 else "section_heading", tokens[index + 1].content, level=level)
        elif token.type == "table_open":
            rows = _table_rows(tokens, index)
            builder.add("table", table_text(rows), rows=rows)
        elif token.type in _KINDS:
            builder.add(_KINDS[token.type], "\n".join(source[token.map[0] : token.map[1]]))
    return builder.document()


def _table_rows(tokens: list[Token], start: int) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens[start:]:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(token.content)
    return rows
