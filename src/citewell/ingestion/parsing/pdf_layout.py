"""Groups the lines of pages to blocks: headings, paragraphs, lists, tables, page headers and footers."""

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace

from citewell.ingestion.blocks import BlockType, Box, Builder
from citewell.ingestion.parsing.pdf_blocks import BlockWriter
from citewell.ingestion.parsing.pdf_cut_rows import join_cut_row
from citewell.ingestion.parsing.pdf_headings import Headings, OutlineEntry, numbering
from citewell.ingestion.parsing.pdf_join import LineJoiner
from citewell.ingestion.parsing.pdf_lines import MARKER, TextLine
from citewell.ingestion.parsing.pdf_page import Group, PageLines
from citewell.ingestion.parsing.pdf_spacing import Spacing
from citewell.ingestion.parsing.pdf_tables import table_lines

_MARGIN = 0.09  # of the page height: the margins, in which headers and footers are
_EDGE_LINES = 3  # lines at the top and bottom of a page's text that may be header or footer, too
_LEAST_ROWS = 4  # rows of a table with three columns or more: fewer may be a page header
_TIGHT = 0.5  # of the size: the largest distance between the lines of a paragraph
_INDENT = 2.5  # of the size
_ROW_GAP = 3.0  # times the size: the largest distance between two rows of a table
_INDENTED = 0.6  # of the size: more than a space
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|-|–)?\s*(?P<number>\d{1,4})(?:\s*(?:/|of|von|sur|de)\s*\d{1,4}|\s*[-–])?", re.IGNORECASE
)
_TEXTS, _MARGINS = ("text", "list"), ("header", "footer")
_CAPTION = re.compile(r"(?:figure|fig\.|abbildung|abb\.|figura|图|図)\s*\d+(?:\.\d+)*\s*[.:：–—]", re.IGNORECASE)


class Layout:
    """Groups the lines of all pages. It knows the document's headings, repeated lines and words."""

    def __init__(self, pages: Sequence[PageLines], outline: Sequence[OutlineEntry] = ()) -> None:
        self._pages = pages
        self._headings = Headings((line for page in pages for line in page.lines), outline)
        self._joiner = LineJoiner(word for page in pages for word in page.words)
        self._spacing = Spacing([page.lines for page in pages])
        self._index = {id(page): index for index, page in enumerate(pages)}
        self._margins = {id(page): self._margin_lines(page) for page in pages}
        self._repeated = self._find_repeated()

    def build(self, builder: Builder) -> None:
        writer = BlockWriter(builder, self._joiner)
        grouped = [(page, self._groups(page)) for page in self._pages]
        bodies = {page.number: groups for page, groups in reversed(grouped) if page.turn is None}  # the first of each
        for number, groups in bodies.items():
            self._join_word(groups, bodies.get(number + 1, []))
            self._join_row(groups, bodies.get(number + 1, []))
        for page, groups in grouped:
            for group in groups:
                writer.add(group, page)

    def _join_word(self, groups: Sequence[Group], following: list[Group]) -> None:
        """Put a word that is divided at the end of a page together there; the next page begins with the word after."""
        last = next((group for group in reversed(groups) if group.kind in _TEXTS), None)
        first = next((group for group in following if group.kind not in _MARGINS), None)
        if last is None or first is None or first.kind != "text" or last.figure or first.figure:
            return
        line, head = last.lines[-1], first.lines[0]
        if not self._joiner.is_divided(line.text, head.text):
            return
        whole = line.words[-1].text[:-1] + head.words[0].text
        last.lines[-1] = TextLine([*line.words[:-1], replace(line.words[-1], text=whole)])
        if len(head.words) > 1:
            first.lines[0] = TextLine(head.words[1:])
        elif len(first.lines) > 1:
            del first.lines[0]
        else:
            following.remove(first)

    def _join_row(self, groups: Sequence[Group], following: list[Group]) -> None:
        """Put a row of a ruled table that a page break cuts together on the page where it begins."""
        last = next((group for group in reversed(groups) if group.kind not in _MARGINS), None)
        first = next((group for group in following if group.kind not in _MARGINS), None)
        if last is None or first is None or last.table is None or first.table is None:
            return
        join_cut_row(last.table, first.table, self._joiner)
        if not first.table.rows:
            following.remove(first)

    def _groups(self, page: PageLines) -> list[Group]:
        groups: list[Group] = []
        tables = table_lines(page.lines)
        boxed = [*(Group("table", table=table) for table in page.tables)]
        boxed += [Group("figure", figure.lines, figure=figure) for figure in page.figures]
        boxed.sort(key=lambda group: group.box[1])
        for index, line in enumerate(page.lines):
            for group in [group for group in boxed if _is_below(line, group.box)]:
                groups.append(group)
                boxed.remove(group)
            kind, level = self._kind(page, index, in_table=index in tables)
            if level is not None and groups and _is_rest_of_item(groups[-1], line):
                kind, level = "text", None
            if groups and self._continues(page, groups[-1], line, kind, level):
                groups[-1].lines.append(line)
            else:
                groups.append(Group(kind, [line], level))
        return [*groups, *boxed]

    def _kind(self, page: PageLines, index: int, *, in_table: bool) -> tuple[BlockType, int | None]:
        line = page.lines[index]
        margin = self._margins[id(page)].get(index)
        if margin is not None and self._key(line) in self._repeated:
            return margin, None
        if margin is not None and _is_page_number(line, page):
            return ("header" if line.box[1] < page.height / 2 else "footer"), None
        level = None if index in page.aside else self._headings.level(page.number, line, in_table=in_table)
        if level is not None:
            is_title = level == 1 and page.number == 1
            return ("title" if is_title else "section_heading"), level
        if in_table:
            return "table", None
        if _CAPTION.match(line.text):
            return "figure", None
        is_item = index in page.bulleted or MARKER.match(line.text) or _has_letter_as_bullet(line)
        return ("list" if is_item else "text"), None

    def _continues(self, page: PageLines, group: Group, line: TextLine, kind: BlockType, level: int | None) -> bool:
        if group.table is not None or group.figure is not None:
            return False
        last = group.lines[-1]
        gap = line.box[1] - last.box[3]
        if kind in ("header", "footer") or group.kind in ("header", "footer"):
            return kind == group.kind and abs(gap) < 2 * line.size
        if kind == "table" or group.kind == "table":
            return kind == group.kind and gap < 4 * line.size
        if level is not None or group.level is not None:
            joins = level == group.level and abs(line.size - last.size) < 0.5 and -line.size < gap < 0.6 * line.size
            return joins and numbering(line.text) is None
        if gap < -line.size:  # the next column, in which an unfinished sentence continues
            return kind == "text" and not last.text.endswith((".", ":", "?", "!"))
        if kind in ("list", "figure") or abs(line.size - last.size) > 0.15 * self._headings.body:
            return False
        return not self._spacing.begins_paragraph(self._index[id(page)], last, line)

    def _margin_lines(self, page: PageLines) -> dict[int, BlockType]:
        """Returns the lines that may be header or footer, by index: those in the margins, and the outermost ones."""
        order = sorted(range(len(page.lines)), key=lambda index: page.lines[index].box[1])
        lines = [page.lines[index] for index in order]
        starts = [part[start:] for part in (lines, lines[::-1]) for start in range(_EDGE_LINES)]
        inside = {id(line) for part in starts for line in _rows_from(part)} | _in_paragraphs(lines)
        margins: dict[int, BlockType] = {}
        for place, index in enumerate(order):
            box = page.lines[index].box
            if id(page.lines[index]) in inside:
                continue
            if place < _EDGE_LINES or box[1] < _MARGIN * page.height:
                margins[index] = "header"
            elif place >= len(order) - _EDGE_LINES or box[3] > (1 - _MARGIN) * page.height:
                margins[index] = "footer"
        if page.number == 1:  # a report's title is its title even if it is repeated on every page
            margins = {index: kind for index, kind in margins.items() if not self._headings.is_large(page.lines[index])}
        return margins

    def _find_repeated(self) -> set[str]:
        counts: Counter[str] = Counter()
        rows: set[str] = set()
        for page in self._pages:
            lines = [page.lines[index] for index in self._margins[id(page)]]
            counts.update({self._key(line) for line in lines})
            rows |= {self._key(line) for line in lines if len(line.cells) > 1}
        within = Counter(
            self._key(line)
            for page in self._pages
            for index, line in enumerate(page.lines)
            if index not in self._margins[id(page)]
        )
        # Some table rows differ only in their numbers. So a line that may be such a row must occur more often.
        least = {True: max(3, 0.3 * len(self._pages)), False: max(3, 0.15 * len(self._pages))}
        # A line that occurs as often in the middle of pages belongs to the text.
        repeated = {
            pattern
            for pattern, count in counts.items()
            if count >= least[pattern in rows] and within[pattern] < max(count, 3)
        }
        # So do lines of pages that would have no text left: labels, cards, pages of a log with one entry each.
        bare = sum(self._is_margin_alone(page, repeated) for page in self._pages)
        return set() if bare > len(self._pages) / 2 else repeated

    def _is_margin_alone(self, page: PageLines, repeated: Set[str]) -> bool:
        margins = self._margins[id(page)]
        return bool(page.lines) and all(
            index in margins and self._key(line) in repeated for index, line in enumerate(page.lines)
        )

    def _key(self, line: TextLine) -> str:
        """Returns the text of a header or footer without numbers, such as that of the page.

        In large type numbers are kept: "Chapter 1" and "Chapter 2" are headings.
        """
        text = " ".join(line.text.split()).lower()
        return text if self._headings.is_large(line) else re.sub(r"\d+", "#", text)


def _rows_from(lines: Sequence[TextLine]) -> list[TextLine]:
    """Returns the rows of the table that begins with the outermost line of a page; [] if none does."""
    count = len(lines[0].cells) if lines else 0
    run = list(lines[:1]) if count > 1 else []
    for line in lines[1:] if run else ():
        gap = max(line.box[1] - run[-1].box[3], run[-1].box[1] - line.box[3])
        if len(line.cells) != count or gap > _ROW_GAP * line.size:
            break
        run.append(line)
    return run if len(run) >= (_LEAST_ROWS if count > 2 else 2 * _LEAST_ROWS) else []


def _in_paragraphs(lines: Sequence[TextLine]) -> set[int]:
    """Returns the lines (by `id`) of runs that are too long for a page header or footer.

    Form letters repeat paragraphs on every page, and these are still text.
    """
    found: set[int] = set()
    run: list[TextLine] = []
    for line in lines:
        if run and not _is_next(run[-1], line):
            run = []
        run.append(line)
        if len(run) > _EDGE_LINES:
            found |= {id(one) for one in run}
    return found


def _is_rest_of_item(group: Group, line: TextLine) -> bool:
    """Whether the line continues a list item of the same font size, as on slides."""
    if group.kind != "list":
        return False
    last, first = group.lines[-1], group.lines[0]
    near = -line.size < line.box[1] - last.box[3] < _TIGHT * line.size
    return near and abs(line.size - first.size) < 0.5 and line.box[0] > first.box[0] + 0.3 * line.size


def _is_next(above: TextLine, line: TextLine) -> bool:
    """Whether the line continues a paragraph: it has the same left edge, which text below a title seldom has."""
    tight = line.box[1] - above.box[3] < _TIGHT * line.size
    alike = abs(line.size - above.size) < 0.5 and line.bold == above.bold
    return tight and alike and abs(line.box[0] - above.box[0]) < _INDENT * line.size


def _has_letter_as_bullet(line: TextLine) -> bool:
    """Whether the line begins with Word's bullet of the second level: an "o" with a gap after it."""
    first = line.words[0]
    return first.text == "o" and len(line.words) > 1 and line.words[1].left - first.right > _INDENTED * line.size


def _is_page_number(line: TextLine, page: PageLines) -> bool:
    """Whether the line is in the page's margin and consists of the page number only."""
    found = _PAGE_NUMBER.fullmatch(line.text)
    in_margin = line.box[3] < _MARGIN * page.height or line.box[1] > (1 - _MARGIN) * page.height
    return found is not None and in_margin and int(found["number"]) == page.number


def _is_below(line: TextLine, box: Box) -> bool:
    """Whether the line is below a table or figure, in the same column of the page."""
    left, top, right, _ = box
    return line.box[1] >= top and line.box[0] < right and line.box[2] > left
