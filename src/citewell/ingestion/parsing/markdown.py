"""Markdown by `markdown-it`: headings, paragraphs, lists, tables and code as they were written."""

import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import add_paragraphs, read_text
from citewell.ingestion.reading_warnings import warning

_KINDS: dict[str, BlockType] = {
    "paragraph_open": "text",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "text",
    "fence": "code",
    "code_block": "code",
}
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.{0,20000}?)\n(?:\1|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_REFERENCE = re.compile(r"\[([^\[\]\n]{1,300})\](?:\[([^\[\]\n]{0,300})\])?(?![(:\[])")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,300}\])")
_TAG = re.compile(r"</?(a|b|i|em|strong|br|span|sub|sup|code|kbd|u|font|small)\b[^<>]{0,300}>", re.IGNORECASE)
_EMPHASIS = (
    re.compile(r"`([^`]{1,300})`"),
    re.compile(r"(?<!\\)\*{1,3}([^*\s](?:[^*]{0,300}[^*\s\\])?)\*{1,3}"),
    re.compile(r"(?<![\\\w])__([^_\s](?:[^_]{0,300}[^_\s\\])?)__(?!\w)"),
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_NESTED = re.compile(r"[ \t>*+-]*")


def parse_markdown(path: Path, limits: ParseLimits) -> ParsedDocument:
    metadata, text = split_front_matter(read_text(path, limits))
    builder = Builder()
    builder.add("header", metadata)
    warnings = [] if add_markdown(builder, text, limits) else [warning("nested_too_deeply")]
    return builder.document(title=_title(metadata), warnings=warnings)


def add_markdown(builder: Builder, text: str, limits: ParseLimits) -> bool:
    """Adds the blocks of a text to what others have added. Returns False if they are nested too deeply: then
    the text is divided at blank lines only."""
    if _depth(text) > limits.max_nesting:
        add_paragraphs(builder, text)
        return False
    environment: dict[str, Any] = {}
    tokens = _parser(limits.max_nesting).parse(text, environment)
    source = _with_targets(text, environment.get("references", {})).split("\n")
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            unlinked = _LINK.sub(r"\1", _LINK.sub(r"\1", tokens[index + 1].content))  # a picture may be a link
            words = _shown(unlinked)
            builder.add("title" if level == 1 else "section_heading", words, level=level)
        elif token.type == "table_open":
            rows = _table_rows(tokens, index)
            builder.add("table", table_text(rows), rows=rows)
        elif token.type == "html_block":
            add_html(builder, token.content, limits)
        elif token.type in _KINDS:
            first, last = token.map
            for place, (start, end) in _inner_tables(tokens, index, last):
                builder.add(_KINDS[token.type], "\n".join(source[first:start]))
                rows = _table_rows(tokens, place)
                builder.add("table", table_text(rows), rows=rows)
                first = end
            builder.add(_KINDS[token.type], "\n".join(source[first:last]))
    return True


@cache  # a notebook has many texts
def _parser(max_nesting: int) -> MarkdownIt:
    """Returns a parser of blocks.

    Text stays as it was written, so inline syntax is not parsed: that takes quadratic time on a text like "[[[[".
    """
    return MarkdownIt("commonmark", {"maxNesting": max_nesting}).enable("table").disable("inline")


def split_front_matter(text: str) -> tuple[str, str]:
    """The metadata before the text (YAML between lines of ---, TOML between +++), and the text."""
    found = _FRONT_MATTER.match(text.removeprefix("\ufeff"))
    if found is None or not (":" in found.group(2) or "=" in found.group(2)):
        return "", text
    return found.group(2).strip(), text[found.end() :]


def _title(metadata: str) -> str | None:
    """Returns the title of a line like `title: "Mill notes"`."""
    for line in metadata.split("\n"):
        found = re.match(r"title[ \t]*+[:=]", line, re.IGNORECASE)
        if found is not None and (title := line[found.end() :].strip().strip("\"'").strip()):
            return title
    return None


def _depth(text: str) -> int:
    """Returns the greatest nesting depth of quotations and lists, from the marks at the beginnings of lines."""
    signs = (_NESTED.match(line) for line in text.split("\n"))
    return max((len(re.sub(r"\s", "", found.group())) for found in signs if found), default=0)


def _with_targets(text: str, references: dict[str, Any]) -> str:
    """Links by reference with their addresses, which stand elsewhere in the text and not in any block."""
    if not references:
        return text

    def replaced(found: re.Match[str]) -> str:
        words, label = found.group(1), found.group(2)
        target = references.get(" ".join((label or words).upper().split()))
        return f"[{words}]({target['href']})" if target and target.get("href") else found.group()

    return _REFERENCE.sub(replaced, text)


def _inner_tables(tokens: list[Token], start: int, last: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The tables in a list or a quotation that ends before the line `last`: index of the token, first and last line."""
    for place in range(start + 1, len(tokens) if tokens[start].nesting > 0 else start):
        token = tokens[place]
        if token.level == 0 and token.nesting < 0:
            return
        if token.type == "table_open" and token.map is not None and token.map[1] <= last:
            yield place, (token.map[0], token.map[1])


def _table_rows(tokens: list[Token], start: int) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens[start:]:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(_shown(token.content))
    return rows


def _shown(text: str) -> str:
    """A heading or a cell as a page shows it: without the signs of emphasis, tags and escapes."""
    if "<" in text:
        text = _TAG.sub(lambda found: " " if found.group(1).lower() == "br" else "", text)
    for signs in _EMPHASIS:
        text = signs.sub(r"\1", text)
    return " ".join(html.unescape(_ESCAPED.sub(r"\1", text)).split())
