"""The Markdown of an answer as blocks of runs, which the file formats draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from citewell.conversations.export.transcript import is_reference

Kind = Literal["text", "heading", "bullet", "number", "quote", "code", "table"]
# HTML stays text: nothing of an answer becomes markup of the file.
_parser = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")


@dataclass(frozen=True)
class Run:
    """Characters of one look. `note`: the number of a citation that stands here, in place of a text."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    note: int | None = None


@dataclass
class Block:
    """`level` counts from 0: of a heading, or how deep a list item is. `rows` are a table's, of cells of runs."""

    kind: Kind
    runs: list[Run] = field(default_factory=list)
    level: int = 0
    number: int = 0
    rows: list[list[list[Run]]] = field(default_factory=list)


def read_blocks(markdown: str) -> list[Block]:
    """Returns the blocks of the Markdown, in order. Never raises: what is no markup is text."""
    reader = _Reader()
    for token in _parser.parse(markdown):
        reader.take(token)
    return reader.blocks


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._lists: list[int | None] = []  # for each list around: the number of its next item, None for bullets
        self._item = False  # the next text begins an item
        self._quotes = 0
        self._heading = 0
        self._row: list[list[Run]] | None = None

    def take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item = True
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "heading_open":
                self._heading = int(token.tag[1:])
            case "heading_close":
                self._heading = 0
            case "table_open":
                self.blocks.append(Block("table"))
            case "tr_open":
                self._row = []
                self.blocks[-1].rows.append(self._row)
            case "table_close":
                self._row = None
            case "fence" | "code_block":
                self.blocks.append(Block("code", [Run(token.content.rstrip("\n"), code=True)]))
            case "inline":
                self._text(list(runs_of(token.children or [])))

    def _text(self, runs: list[Run]) -> None:
        if self._row is not None:
            self._row.append(runs)
        elif self._heading:
            self.blocks.append(Block("heading", runs, self._heading - 1))
        elif self._lists:
            self.blocks.append(self._list_block(runs))
        else:
            self.blocks.append(Block("quote" if self._quotes else "text", runs))

    def _list_block(self, runs: list[Run]) -> Block:
        """Returns an item, or a further paragraph of one."""
        level = len(self._lists) - 1
        if not self._item:
            return Block("text", runs, level + 1)
        self._item = False
        number = self._lists[-1]
        if number is None:
            return Block("bullet", runs, level)
        self._lists[-1] = number + 1
        return Block("number", runs, level, number)


def runs_of(tokens: Sequence[Token]) -> Iterator[Run]:
    """Yields the runs of inline tokens.

    Links of citations become notes; others keep their address behind their text.
    """
    look, address = Run(""), None
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                look = replace(look, bold=token.nesting == 1)
            case "em_open" | "em_close":
                look = replace(look, italic=token.nesting == 1)
            case "link_open":
                address = str(token.attrGet("href") or "")
            case "link_close":
                if address and not is_reference(address):
                    yield replace(look, text=f" ({address})")
                address = None
            case "softbreak":
                yield replace(look, text=" ")
            case "hardbreak":
                yield replace(look, text="\n")
            case "code_inline":
                yield replace(look, text=token.content, code=True)
            case "text" | "image":
                number = token.content.strip("[] ")
                if address and is_reference(address) and number.isdigit():
                    yield replace(look, text=number, note=int(number))
                elif token.content:
                    yield replace(look, text=token.content)
