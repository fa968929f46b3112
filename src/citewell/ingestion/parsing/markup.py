"""reStructuredText, AsciiDoc and Org: headings, tables, lists and code; other text as it was written."""

import re
from collections.abc import Sequence
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+:.<>_])\1{2,}[ \t]*$")
_SIMPLE_RULE = re.compile(r"={2,}(?: +={2,})+[ \t]*$")
_GRID_RULE = re.compile(r"\+(?:[-=]+\+)+[ \t]*$")
_DIRECTIVE = re.compile(r"\.\. (?:code-block|code|sourcecode|highlight|parsed-literal)::")
_FIELD = re.compile(r":[\w -]{1,40}:(?: |$)")
_ITEM = re.compile(r"\s*(?!\.\. [\w-]+::)(?:[-*+•]|\d{1,3}[.)]|[*.]{2,5}) +\S")
_ASCIIDOC_HEADING = re.compile(r"(={1,6}) +(\S.*)$")
_ASCIIDOC_FENCE = re.compile(r"(-{4,}|\.{4,})[ \t]*$")
_ORG_HEADING = re.compile(r"(\*{1,8}) +(?:(?:TODO|DONE|NEXT|WAITING) +)?(?:\[#[A-C]\] +)?(\S.*)$")
_ORG_TAGS = re.compile(r":[\w@:]+:")
_MOST_COLUMNS = 200
_MOST_LINES = 200  # of a row
_LONGEST = 100_000  # characters of a cell
_ORG_KEYWORD = re.compile(r"#\+(\w+):?(.*)$")


def parse_rst(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _Rst(read_text(path, limits)).read()


def parse_asciidoc(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _AsciiDoc(read_text(path, limits)).read()


def parse_org(path: Path, limits: ParseLimits) -> ParsedDocument:
    return _Org(read_text(path, limits)).read()


class _Reader:
    """Reads line by line.

    `special` reads what begins at a line. It returns the number of the lines that it read, 0 for ordinary text.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.builder = Builder()
        self._paragraph: list[str] = []

    def read(self) -> ParsedDocument:
        at = 0
        while at < len(self.lines):
            if not self.lines[at].strip():
                self.flush()
                at += 1
            elif count := self.special(at):
                at += count
            else:
                if _ITEM.match(self.lines[at]) and not (self._paragraph and not _ITEM.match(self._paragraph[0])):
                    self.flush()
                self._paragraph.append(self.lines[at])
                at += 1
        self.flush()
        return self.builder.document()

    def special(self, at: int) -> int:
        raise NotImplementedError

    def flush(self) -> None:
        if self._paragraph:
            self.builder.add("list" if _ITEM.match(self._paragraph[0]) else "text", "\n".join(self._paragraph))
        self._paragraph = []

    def heading(self, text: str, level: int) -> None:
        self.flush()
        is_title = level == 1 and not self.builder.blocks
        self.builder.add("title" if is_title else "section_heading", text.strip(), level=min(level, 6))

    def table(self, rows: Sequence[list[str]]) -> None:
        self.flush()
        wide = max(map(len, rows), default=0)
        if wide > _MOST_COLUMNS:
            self.builder.add("text", table_text(list(rows)))
            return
        cells = [[*row, *[""] * (wide - len(row))] for row in rows]
        self.builder.add("table", table_text(cells), rows=cells)

    def code(self, lines: Sequence[str]) -> None:
        self.flush()
        self.builder.add("code", "\n".join(lines))

    def run(self, at: int, belongs: re.Pattern[str]) -> list[str]:
        """Returns the lines from here on that match."""
        end = at
        while end < len(self.lines) and belongs.match(self.lines[end]):
            end += 1
        return self.lines[at:end]


class _Rst(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._styles: list[str] = []  # of underlines, in the order in which they first appear

    def special(self, at: int) -> int:
        line = self.lines[at]
        following = [*self.lines[at + 1 : at + 3], "", ""]
        if _SIMPLE_RULE.match(line) and line.count(" =") < _MOST_COLUMNS:
            return self._simple_table(at)
        if _GRID_RULE.match(line):
            return self._grid_table(at)
        over = _UNDERLINE.match(line)
        if over and following[1].strip() == line.strip() and following[0].strip():
            self._titled(following[0], over.group(1) * 2)
            return 3
        under = _UNDERLINE.match(following[0])
        if under and not line.startswith((" ", "..")) and len(following[0].strip()) >= 0.7 * len(line.strip()):
            self._titled(line, under.group(1))
            return 2
        if _DIRECTIVE.match(line):
            lines = self.run(at + 1, re.compile(r"\s|$"))
            self.code([text[3:] for text in lines if not _FIELD.match(text.strip())])
            return 1 + len(lines)
        return 1 if over else 0

    def _titled(self, text: str, style: str) -> None:
        if style not in self._styles:
            self._styles.append(style)
        self.heading(text, self._styles.index(style) + 1)

    def _simple_table(self, at: int) -> int:
        """Reads a table whose columns are below the parts of its rules."""
        places = [(found.start(), found.end()) for found in re.finditer(r"=+", self.lines[at])]
        starts = [start for start, _ in places]
        rows: list[list[str]] = []
        rules, end = 1, at + 1
        while end < len(self.lines) and rules < 3 and (self.lines[end].strip() or rules < 2):
            line = self.lines[end]
            if _SIMPLE_RULE.match(line):
                rules += 1
            elif line.strip() and not re.fullmatch(r"[- ]+", line):
                bounds = zip(starts, [*starts[1:], None], strict=True)
                cells = [line[start:stop].strip() for start, stop in bounds]
                if cells[0] or not rows or len(rows[-1][-1]) > _LONGEST:
                    rows.append(cells)
                else:
                    rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], cells, strict=True)]
            end += 1
        self.table(rows)
        return end - at

    def _grid_table(self, at: int) -> int:
        lines = self.run(at, re.compile(r"[+|]"))
        rows: list[list[str]] = []
        begins, last = True, 0
        for number, line in enumerate(lines):
            if line.startswith("+") or number - last > _MOST_LINES:
                begins, last = True, number
            if line.startswith("+"):
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if begins or len(cells) != len(rows[-1]):
                rows.append(cells)
            else:
                rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], cells, strict=True)]
            begins = False
        self.table(rows)
        return len(lines)


class _AsciiDoc(_Reader):
    def special(self, at: int) -> int:
        line = self.lines[at]
        if heading := _ASCIIDOC_HEADING.match(line):
            self.heading(heading.group(2), len(heading.group(1)))
            return 1
        if fence := _ASCIIDOC_FENCE.match(line):
            end = self._closing(at, fence.group(1))
            self.code(self.lines[at + 1 : end])
            return end - at + 1
        if line.strip() == "|===":
            end = self._closing(at, "|===")
            self.table(_asciidoc_rows(self.lines[at + 1 : end]))
            return end - at + 1
        is_hidden = line.startswith("//") or re.fullmatch(r"\[[^\]\n]*\]|:[\w!-]+:.*", line) is not None
        return 1 if is_hidden else 0

    def _closing(self, at: int, mark: str) -> int:
        return next((end for end in range(at + 1, len(self.lines)) if self.lines[end].strip() == mark), len(self.lines))


def _asciidoc_rows(lines: Sequence[str]) -> list[list[str]]:
    """Returns the rows of a table. Its first line with text has all heads; cells may stand on lines of their own."""
    cells: list[str] = []
    columns = 0
    for line in lines:
        if line.startswith("|") or "|" in line:
            before, *parts = re.split(r"(?<!\\)\d*\.?\d*[+*]?[<^>]?[.a-z]?\|", line)
            if before.strip() and cells:
                cells[-1] = f"{cells[-1]} {before.strip()}"
            cells += [part.strip() for part in parts]
            columns = columns or len(cells)
        elif line.strip() and cells and len(cells[-1]) < _LONGEST:
            cells[-1] = f"{cells[-1]} {line.strip()}"
    return [cells[at : at + columns] for at in range(0, len(cells), columns)] if columns else []


class _Org(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._ends: dict[str, list[int]] = {}  # of the lines with a mark, the last first

    def special(self, at: int) -> int:
        line = self.lines[at]
        if heading := _ORG_HEADING.match(line):
            text, _, tags = heading.group(2).rstrip().rpartition(" ")
            self.heading(text if _ORG_TAGS.fullmatch(tags) else heading.group(2), len(heading.group(1)))
            return 1
        if line.lstrip().startswith("|"):
            lines = self.run(at, re.compile(r"\s*\|"))
            cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in lines if "|-" not in row]
            self.table(cells)
            return len(lines)
        if line.strip() in (":PROPERTIES:", ":LOGBOOK:"):
            return self._until(at, ":END:") - at + 1
        keyword = _ORG_KEYWORD.match(line.lstrip())
        if keyword is None:
            return 0
        name, value = keyword.group(1).lower(), keyword.group(2).strip()
        if name in ("begin_src", "begin_example"):
            end = self._until(at, f"#+end_{name[6:]}")
            self.code(self.lines[at + 1 : end])
            return end - at + 1
        if name == "title":
            self.heading(value, 1)
        elif name == "caption":
            self.builder.add("text", value)
        return 1

    def _until(self, at: int, mark: str) -> int:
        """Returns the index of the next line with this mark; that of the same line if there is none."""
        if not self._ends:
            self._ends[""] = []  # so that a text without any is not searched again
            for number in range(len(self.lines) - 1, -1, -1):
                text = self.lines[number].strip().lower()
                if text.startswith(("#+end_", ":end:")):
                    self._ends.setdefault(text, []).append(number)
        ends = self._ends.get(mark.lower(), [])
        while ends and ends[-1] <= at:
            ends.pop()
        return ends[-1] if ends else at
