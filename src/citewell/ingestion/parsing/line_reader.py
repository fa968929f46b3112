"""What the parsers of reStructuredText, AsciiDoc and Org share: paragraphs, lists, headings, tables and code."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text

MOST_COLUMNS = 200
_ITEM = re.compile(r"\s*(?!\.\. [\w-]+::)(?:[-*+•]|\d{1,3}[.)]|[*.]{2,5}) +\S")
_LOWEST = 6  # level of headings
Parts = list[str]  # of a cell that has several lines


class LineReader(ABC):
    """Reads a text line by line. Lines that are not special become paragraphs and lists, as they were written."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.builder = Builder()
        self._paragraph: list[str] = []
        self._is_list = False

    def read(self) -> ParsedDocument:
        at = 0
        while at < len(self.lines):
            if not self.lines[at].strip():
                self._flush()
                at += 1
            elif count := self.read_special(at):
                at += count
            else:
                self._add_line(self.lines[at])
                at += 1
        self._flush()
        return self.builder.document()

    @abstractmethod
    def read_special(self, at: int) -> int:
        """Reads the heading, table, code or hidden text that begins at this line.

        Returns the number of lines that it takes, 0 for ordinary text.
        """

    def _add_line(self, line: str) -> None:
        is_item = _ITEM.match(line) is not None
        if is_item and (self._is_list or not self._paragraph):
            self._flush()
            self._is_list = True
        self._paragraph.append(line)

    def _flush(self) -> None:
        if self._paragraph:
            self.builder.add("list" if self._is_list else "text", "\n".join(self._paragraph))
        self._paragraph, self._is_list = [], False

    def add_heading(self, text: str, level: int) -> None:
        self._flush()
        is_title = level == 1 and not self.builder.blocks
        self.builder.add("title" if is_title else "section_heading", text.strip(), level=min(level, _LOWEST))

    def add_text(self, text: str) -> None:
        self._flush()
        self.builder.add("text", text)

    def add_table(self, rows: Sequence[list[str]]) -> None:
        """Adds a table. Short rows get empty cells; a table with more than MOST_COLUMNS becomes text."""
        self._flush()
        columns = max(map(len, rows), default=0)
        if columns > MOST_COLUMNS:
            self.builder.add("text", table_text(list(rows)))
            return
        cells = [[*row, *[""] * (columns - len(row))] for row in rows]
        self.builder.add("table", table_text(cells), rows=cells)

    def add_code(self, lines: Sequence[str]) -> None:
        self._flush()
        self.builder.add("code", "\n".join(lines))

    def lines_like(self, pattern: re.Pattern[str], at: int) -> list[str]:
        """Returns the lines from `at` to the first one that does not match."""
        end = at
        while end < len(self.lines) and pattern.match(self.lines[end]):
            end += 1
        return self.lines[at:end]


def split_row(line: str) -> list[str]:
    """Returns the cells of a row that is written `| a | b |`."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def joined(rows: Sequence[Sequence[Parts]]) -> list[list[str]]:
    return [[" ".join(filter(None, cell)) for cell in row] for row in rows]
