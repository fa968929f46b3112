"""AsciiDoc: headings, tables, lists and code; other text as it was written, without attributes and comments."""

import re
from collections.abc import Sequence
from pathlib import Path

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.line_reader import LineReader, Parts, joined
from citewell.ingestion.parsing.text import read_text

_HEADING = re.compile(r"(={1,6}) +(\S.*)$")
_FENCE = re.compile(r"(-{4,}|\.{4,})[ \t]*$")
_TABLE = "|==="
_HIDDEN = re.compile(r"//.*|\[[^\]\n]*\]|:[\w!-]+:.*")
# A cell begins with `|`. Before it, after a blank, may stand how it spans, is aligned and is read: `2.3+^.>a|`.
_CELL = re.compile(
    r"(?:(?<!\S)(?:(?:\d{1,3}(?:\.\d{1,3})?|\.\d{1,3})[+*])?[<^>]?(?:\.[<^>])?[a-z]?)?(?<!\\)\|",
)


def parse_asciidoc(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _AsciiDoc(read_text(path, limits)).read()


class _AsciiDoc(LineReader):
    def read_special(self, at: int) -> int:
        line = self.lines[at]
        if heading := _HEADING.match(line):
            self.add_heading(heading.group(2), len(heading.group(1)))
            return 1
        if fence := _FENCE.match(line):
            end = self._closing(at, fence.group(1))
            self.add_code(self.lines[at + 1 : end])
            return end - at + 1
        if line.strip() == _TABLE:
            end = self._closing(at, _TABLE)
            self.add_table(_rows(self.lines[at + 1 : end]))
            return end - at + 1
        return 1 if _HIDDEN.fullmatch(line) else 0

    def _closing(self, at: int, mark: str) -> int:
        """Returns the index of the next line with this mark; the number of lines if there is none."""
        return next((end for end in range(at + 1, len(self.lines)) if self.lines[end].strip() == mark), len(self.lines))


def _rows(lines: Sequence[str]) -> list[list[str]]:
    """Returns the rows of a table. Its first line with text has all heads; cells may stand on lines of their own."""
    cells: list[Parts] = []
    columns = 0
    for line in lines:
        before, *begun = _CELL.split(line)
        if cells:
            cells[-1].append(before.strip())
        cells += [[text.strip()] for text in begun]
        columns = columns or len(cells)
    return joined([cells[at : at + columns] for at in range(0, len(cells), columns)]) if columns else []
