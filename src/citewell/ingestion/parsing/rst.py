"""reStructuredText: headings, simple tables, grid tables, lists and code; other text as it was written."""

import re
from pathlib import Path

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.line_reader import MOST_COLUMNS, LineReader, Parts, joined, split_row
from citewell.ingestion.parsing.text import read_text

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+:.<>_])\1{2,}[ \t]*$")
_LEAST_UNDERLINED = 0.7  # of the heading's characters
_SIMPLE_RULE = re.compile(r"={2,}(?: +={2,})+[ \t]*$")
_ROW_RULE = re.compile(r"[- ]+")  # between rows of a simple table
_GRID_RULE = re.compile(r"\+(?:[-=]+\+)+[ \t]*$")
_GRID_LINE = re.compile(r"[+|]")
_CODE = re.compile(r"\.\. (?:code-block|code|sourcecode|highlight|parsed-literal)::")
_CODE_LINE = re.compile(r"\s|$")
_CODE_INDENT = 3  # characters
_FIELD = re.compile(r":[\w -]{1,40}:(?: |$)")


def parse_rst(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _Rst(read_text(path, limits)).read()


class _Rst(LineReader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._styles: list[str] = []  # of underlines, in the order in which they first appear

    def read_special(self, at: int) -> int:
        line = self.lines[at]
        if _SIMPLE_RULE.match(line) and line.count(" =") < MOST_COLUMNS:
            return self._read_simple_table(at)
        if _GRID_RULE.match(line):
            return self._read_grid_table(at)
        if _CODE.match(line):
            return self._read_code(at)
        return self._read_heading(at) or (1 if _UNDERLINE.match(line) else 0)

    def _read_heading(self, at: int) -> int:
        """Reads a heading with a line below it, or with the same line above and below it."""
        line, below, last = [*self.lines[at : at + 3], "", ""][:3]
        over = _UNDERLINE.match(line)
        if over and last.strip() == line.strip() and below.strip():
            self._add_styled(below, over.group(1) * 2)
            return 3
        under = _UNDERLINE.match(below)
        is_long = len(below.strip()) >= _LEAST_UNDERLINED * len(line.strip())
        if under and is_long and not line.startswith((" ", "..")):
            self._add_styled(line, under.group(1))
            return 2
        return 0

    def _add_styled(self, text: str, style: str) -> None:
        if style not in self._styles:
            self._styles.append(style)
        self.add_heading(text, self._styles.index(style) + 1)

    def _read_code(self, at: int) -> int:
        lines = self.lines_like(_CODE_LINE, at + 1)
        self.add_code([text[_CODE_INDENT:] for text in lines if not _FIELD.match(text.strip())])
        return 1 + len(lines)

    def _read_simple_table(self, at: int) -> int:
        """Reads a table whose columns are below the parts of its rules. A row without a first cell goes on."""
        starts = [found.start() for found in re.finditer(r"=+", self.lines[at])]
        rows: list[list[Parts]] = []
        rules, end = 1, at + 1
        while end < len(self.lines) and rules < 3 and (self.lines[end].strip() or rules < 2):
            line = self.lines[end]
            if _SIMPLE_RULE.match(line):
                rules += 1
            elif line.strip() and not _ROW_RULE.fullmatch(line):
                bounds = zip(starts, [*starts[1:], None], strict=True)
                cells = [line[start:stop].strip() for start, stop in bounds]
                _add_cells(rows, cells, begins=bool(cells[0]))
            end += 1
        self.add_table(joined(rows))
        return end - at

    def _read_grid_table(self, at: int) -> int:
        lines = self.lines_like(_GRID_LINE, at)
        rows: list[list[Parts]] = []
        begins = True
        for line in lines:
            if line.startswith("+"):
                begins = True
                continue
            _add_cells(rows, split_row(line), begins=begins)
            begins = False
        self.add_table(joined(rows))
        return len(lines)


def _add_cells(rows: list[list[Parts]], cells: list[str], *, begins: bool) -> None:
    """Begins a row, or adds the cells to those of the last row if it has as many."""
    if begins or not rows or len(cells) != len(rows[-1]):
        rows.append([[cell] for cell in cells])
        return
    for parts, cell in zip(rows[-1], cells, strict=True):
        parts.append(cell)
