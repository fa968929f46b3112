"""Lines of the pages become blocks: headings, paragraphs, lists, tables, and what repeats on every page."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from citewell.ingestion.blocks import BlockType, Box, Builder, clean
from citewell.ingestion.parsing.pdf_lines import TextLine, union

_MARGIN = 0.09  # of the page height: where headers and footers stand
_NUMBERED = re.compile(
    r"(part\s+[ivx]+|item\s+\d+[a-z]?|chapter\s+\d+|section\s+\d+|\d+(\.\d+){0,3})[.:)]?\s", re.IGNORECASE
)
_BULLET = re.compile(r"^([•●▪◦‣∙·–—-]|\(?[a-z0-9]{1,3}[.)])\s", re.IGNORECASE)
_HEADING_CHARS = 140
_PARAGRAPH_GAP = 0.55  # of the font size: more room between lines begins a new paragraph


@dataclass
class PageLines:
    number: int
    height: float
    lines: list[TextLine]


@dataclass
class _Group:
    kind: BlockType
    lines: list[TextLine] = field(default_factory=list)
    level: int | None = None


class Layout:
    """What is common to a document: the size of its body text, its heading sizes, what repeats, its words."""

    def __init__(self, pages: Sequence[PageLines]) -> None:
        self._pages = pages
        sizes: Counter[float] = Counter()
        bold = total = 0
        for page in pages:
            for line in page.lines:
                sizes[round(line.size, 1)] += len(line.text)
                total += len(line.text)
                bold += len(line.text) if line.bold else 0
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.bold_marks_headings = bold < 0.25 * max(total, 1)
        larger = sorted((size for size in sizes if size > 1.12 * self.body), reverse=True)
        self._levels = {size: min(index + 1, 5) for index, size in enumerate(larger)}
        self._repeated = self._find_repeated()
        self._vocabulary = {
            word.text.strip(".,;:()").lower() for page in pages for line in page.lines for word in line.words
        }

    def build(self, builder: Builder) -> None:
        for page in self._pages:
            for group in self._groups(page):
                self._add(builder, group, page.number)

    def _groups(self, page: PageLines) -> list[_Group]:
        groups: list[_Group] = []
        tables = _table_lines(page.lines)
        for index, line in enumerate(page.lines):
            kind, level = self._kind(page, line, in_table=index in tables)
            if groups and self._continues(groups[-1], line, kind, level):
                groups[-1].lines.append(line)
            else:
                groups.append(_Group(kind, [line], level))
        return groups

    def _kind(self, page: PageLines, line: TextLine, *, in_table: bool) -> tuple[BlockType, int | None]:
        margin = self._margin(page, line)
        if margin is not None and _pattern(line.text) in self._repeated:
            return margin, None
        level = self._heading_level(line)
        if level is not None and not (in_table and len(line.cells) > 1):
            is_title = level == 1 and page.number == 1
            return ("title" if is_title else "section_heading"), level
        if in_table:
            return "table", None
        return ("list" if _BULLET.match(line.text) else "text"), None

    def _heading_level(self, line: TextLine) -> int | None:
        text = line.text
        if len(text) > _HEADING_CHARS or not any(char.isalpha() for char in text) or len(line.cells) > 2:
            return None
        level = self._levels.get(round(line.size, 1))
        if level is not None:
            return level
        if not (line.bold and self.bold_marks_headings) or text.endswith((",", ";")):
            return None
        # A bold line that ends like a sentence is emphasis, unless it is numbered like a heading.
        if text.endswith(".") and not _NUMBERED.match(text):
            return None
        return min(len(self._levels) + (1 if _NUMBERED.match(text) else 2), 6)

    def _continues(self, group: _Group, line: TextLine, kind: BlockType, level: int | None) -> bool:
        last = group.lines[-1]
        gap = line.box[1] - last.box[3]
        if kind in ("header", "footer") or group.kind in ("header", "footer"):
            return kind == group.kind and abs(gap) < 2 * line.size
        if kind == "table" or group.kind == "table":
            return kind == group.kind and gap < 4 * line.size
        if level is not None or group.level is not None:
            joins = level == group.level and abs(line.size - last.size) < 0.5 and -line.size < gap < 0.6 * line.size
            return joins and not _NUMBERED.match(line.text)
        if gap < -line.size:  # the next column: a sentence that is not finished goes on there
            return kind == "text" and not last.text.endswith((".", ":", "?", "!"))
        if kind == "list" or abs(line.size - last.size) > 0.15 * self.body:
            return False
        return gap < _PARAGRAPH_GAP * last.size

    def _margin(self, page: PageLines, line: TextLine) -> BlockType | None:
        if line.box[1] < _MARGIN * page.height:
            return "header"
        return "footer" if line.box[3] > (1 - _MARGIN) * page.height else None

    def _find_repeated(self) -> set[str]:
        counts = Counter(
            pattern
            for page in self._pages
            for pattern in {_pattern(line.text) for line in page.lines if self._margin(page, line) is not None}
        )
        least = max(3, 0.3 * len(self._pages))
        return {pattern for pattern, count in counts.items() if count >= least}

    def _add(self, builder: Builder, group: _Group, page: int) -> None:
        box = union([line.box for line in group.lines])
        if group.kind == "table":
            rows = [[clean(cell) for cell in line.row] for line in group.lines]
            text, lines = _joined([" | ".join(row) for row in rows], group.lines, "\n")
            builder.add("table", text, page=page, bbox=box, cells=rows, line_boxes=lines)
            return
        separator = "\n" if group.kind in ("header", "footer") else " "
        text, lines = _joined(self._unhyphenated(group.lines), group.lines, separator)
        builder.add(group.kind, text, page=page, bbox=box, level=group.level, line_boxes=lines)

    def _unhyphenated(self, lines: Sequence[TextLine]) -> list[str]:
        """The lines' texts; a word that was divided at the end of a line is put together where it begins.

        A line that took over the rest of its word ends in a zero-length join, marked by a trailing NUL.
        """
        texts = [clean(line.text) for line in lines]
        for index in range(len(texts) - 1):
            head, _, tail = texts[index].rpartition(" ")
            following = texts[index + 1]
            first = following.split(" ", 1)[0]
            if not tail.endswith("-") or len(tail) < 3 or not first[:1].islower():
                continue
            whole = tail[:-1] + first
            if whole.strip(".,;:()").lower() in self._vocabulary or not self._knows(tail + first):
                texts[index] = f"{head} {tail[:-1]}".lstrip() + "\x00"
            else:
                texts[index] = f"{head} {tail}".lstrip() + "\x00"
        return texts

    def _knows(self, word: str) -> bool:
        return word.strip(".,;:()").lower() in self._vocabulary or word.count("-") > 1


def _joined(texts: Sequence[str], lines: Sequence[TextLine], separator: str) -> tuple[str, list[tuple[int, int, Box]]]:
    """The texts as one, and for each line its offsets in it with its box."""
    parts: list[str] = []
    boxes: list[tuple[int, int, Box]] = []
    length = 0
    for index, (text, line) in enumerate(zip(texts, lines, strict=True)):
        glued = text.endswith("\x00")
        text = text.rstrip("\x00")
        boxes.append((length, length + len(text), line.box))
        end = "" if glued or index == len(texts) - 1 else separator
        parts.append(text + end)
        length += len(text) + len(end)
    return "".join(parts), boxes


def _table_lines(lines: Sequence[TextLine]) -> set[int]:
    """Indexes of the lines that belong to tables: runs with several lines of cells, and the labels among them."""
    celled = [_has_cells(line) for line in lines]
    found: set[int] = set()
    for index, is_row in enumerate(celled):
        near = [
            other for other in range(max(index - 3, 0), min(index + 4, len(lines))) if other != index and celled[other]
        ]
        if (is_row and near) or (not is_row and _is_label_between(lines, celled, index)):
            found.add(index)
    return found


def _has_cells(line: TextLine) -> bool:
    row = line.row
    if len(row) < 2:
        return False
    return len(row) > 2 or _is_value(row[1]) or all(len(cell) < 60 for cell in row)


def _is_value(cell: str) -> bool:
    return any(char.isdigit() for char in cell) or cell.strip() in ("—", "-", "–", "N/A")


def _is_label_between(lines: Sequence[TextLine], celled: Sequence[bool], index: int) -> bool:
    """A line without values among rows, like "Net sales:", belongs to the table; a line of prose does not."""
    if not 0 < index < len(lines) - 1 or len(lines[index].text) > 70:
        return False
    before, after = lines[index - 1], lines[index + 1]
    close = max(lines[index].box[1] - before.box[3], after.box[1] - lines[index].box[3]) < 1.2 * lines[index].size
    return close and celled[index + 1] and any(celled[max(index - 3, 0) : index])


def _pattern(text: str) -> str:
    """The text without its numbers: a running footer differs by them only."""
    return re.sub(r"\d+", "#", " ".join(text.split())).lower()
