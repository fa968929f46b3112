"""Org: headings, tables, lists and code; other text as it was written, without keywords and drawers."""

import re
from functools import cached_property
from pathlib import Path

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.line_reader import LineReader, split_row
from citewell.ingestion.parsing.text import read_text

_HEADING = re.compile(r"(\*{1,8}) +(?:(?:TODO|DONE|NEXT|WAITING) +)?(?:\[#[A-C]\] +)?(\S.*)$")
_TAGS = re.compile(r":[\w@:]+:")
_ROW = re.compile(r"\s*\|")
_RULE = re.compile(r"\s*\|-")
_DRAWERS = (":PROPERTIES:", ":LOGBOOK:")
_KEYWORD = re.compile(r"\s*#\+(\w+):?(.*)$")
_CODE = {"begin_src": "#+end_src", "begin_example": "#+end_example"}
_DRAWER_END = ":end:"


def parse_org(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _Org(read_text(path, limits)).read()


class _Org(LineReader):
    def read_special(self, at: int) -> int:
        line = self.lines[at]
        if heading := _HEADING.match(line):
            text, _, tags = heading.group(2).rstrip().rpartition(" ")
            self.add_heading(text if _TAGS.fullmatch(tags) else heading.group(2), len(heading.group(1)))
            return 1
        if _ROW.match(line):
            lines = self.lines_like(_ROW, at)
            self.add_table([split_row(row) for row in lines if not _RULE.match(row)])
            return len(lines)
        if line.strip() in _DRAWERS:
            return self._closing(at, _DRAWER_END) - at + 1
        keyword = _KEYWORD.match(line)
        return self._read_keyword(at, keyword.group(1).lower(), keyword.group(2).strip()) if keyword else 0

    def _read_keyword(self, at: int, name: str, value: str) -> int:
        if name in _CODE:
            end = self._closing(at, _CODE[name])
            self.add_code(self.lines[at + 1 : end])
            return end - at + 1
        if name == "title":
            self.add_heading(value, 1)
        elif name == "caption":
            self.add_text(value)
        return 1

    def _closing(self, at: int, mark: str) -> int:
        """Returns the index of the next line with this mark; `at` if there is none.

        It must be asked for places further and further down.
        """
        places = self._ends.get(mark, [])
        while places and places[-1] <= at:
            places.pop()
        return places[-1] if places else at

    @cached_property
    def _ends(self) -> dict[str, list[int]]:
        """Indexes of the lines that end code and drawers, the last first: searching for each takes quadratic time."""
        marks = (_DRAWER_END, *_CODE.values())
        found: dict[str, list[int]] = {mark: [] for mark in marks}
        for number in range(len(self.lines) - 1, -1, -1):
            text = self.lines[number].strip().lower()
            if text in found:
                found[text].append(number)
        return found
