"""Finds the header rows of a table, and joins several of them to one."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median

from citewell.ingestion.parsing.pdf_beside import are_one_row
from citewell.ingestion.parsing.pdf_head_groups import columns_under, overlaps
from citewell.ingestion.parsing.pdf_lines import TextLine, is_in_brackets
from citewell.ingestion.parsing.pdf_row_labels import with_labels_in_each_row
from citewell.ingestion.parsing.pdf_spans import Place
from citewell.ingestion.parsing.pdf_tables import Cell, Row, Span, is_value

_MOST_HEADS = 5  # header rows
_SLACK = 2.0  # points
_TIGHT = 0.5  # of the font size: the largest distance to a line that continues the one above
_WIDE, _NEARLY = 100.0, 0.2  # least width in points of a column with wrapped text; free share of a full line at most
_SPACE = 0.35  # of the font size: the widest space between two words
_WIDER = 1.6  # times the usual gap in a cell: the gap between two column headers that nearly touch
_CLEAR = 0.4  # of the font size: the least gap between two column headers
_LEAST_ROWS = 3  # with labels
_MOST_WORDS = 200  # of a line of headers
_DATE = re.compile(
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-zä]*\.?|\d{1,2}[.,]?|(?:19|20)\d\d|[qh][1-4]"
    r"|fy|\d{4}[-/.]\d\d(?:[-/.]\d\d)?)",
    re.IGNORECASE,
)
_ENDS_IN_DATE = re.compile(r"^\D*\b\d{1,2}, (?:19|20)\d\d$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"\d{1,2},")  # of a date in several lines
_NAMES_TIME = re.compile(r"[a-zä]{3}|(?:19|20)\d\d|\b[qh][1-4]\b", re.IGNORECASE)


def head_count(rows: Sequence[Sequence[str]], bold: Sequence[bool] = ()) -> int:
    """Returns the number of header rows: those above the first row with values beside its label.

    In a table without values it is the first row, if it is bold and others are not.
    """
    for index, row in enumerate(rows[: _MOST_HEADS + 1]):
        whole = any(len(above) > 2 and all(above) for above in rows[:index])
        if _has_amounts(row, below_heads=whole):
            return _without_sections(rows[:index])
    return 1 if len(bold) > 1 and bold[0] and not any(bold[1:]) else 0


def _has_amounts(row: Sequence[str], *, below_heads: bool) -> bool:
    """Whether the row has values. In a header without a label, several texts may have numbers: "Effect (1)".

    Below a row with a header for each column it does not.
    """
    values = [cell for cell in row[1:] if is_value(cell) and not is_date(cell) and not _DAY.fullmatch(cell)]
    if below_heads or (row and row[0] and not is_in_brackets(row[0])):
        return bool(values)
    if sum(map(bool, row)) == 1:
        return not all(_ENDS_IN_DATE.search(cell) for cell in values)
    return any(has_number(cell) for cell in values)


def has_number(cell: str) -> bool:
    """Whether the cell is a number or the sign of none, and neither a date nor words with numbers."""
    words = sum(map(str.isalpha, cell)) > max(sum(map(str.isdigit, cell)), 2)
    return is_value(cell) and not words and not is_date(cell) and not _DAY.fullmatch(cell)


def _without_sections(heads: Sequence[Sequence[str]]) -> int:
    """Returns the number of header rows without the label of the first section, such as "Net sales:", below them."""
    while heads and heads[-1] and heads[-1][0] and not any(heads[-1][1:]) and not is_in_brackets(heads[-1][0]):
        heads = heads[:-1]
    labelled = [index for index, row in enumerate(heads) if any(row[1:]) and _is_label(row[0])]
    # In a table of words only the first row is the header: the rows of one header share a single label.
    return labelled[0] + 1 if len(labelled) > 1 else len(heads)


def _is_label(text: str) -> bool:
    return bool(text) and not is_in_brackets(text) and not is_date(text)


def with_split_heads(lines: Sequence[TextLine], columns: Sequence[Span]) -> list[TextLine]:
    """Returns the lines; those above the first with all cells are split where their words leave gaps between columns.

    Column headers are often wider than the values below them, and so nearer to each other.
    """
    first = next((index for index, line in enumerate(lines) if len(line.cells) == len(columns)), 0)
    heads = [TextLine(line.words, line.begins | _cuts(line, columns)) for line in lines[:first]]
    return [*heads, *lines[first:]]


def _cuts(line: TextLine, columns: Sequence[Span]) -> frozenset[int]:
    """Returns the indexes of the words that begin a cell because of where they stand."""
    if len(line.words) > _MOST_WORDS:
        return frozenset()
    gaps = [after.left - before.right for before, after in pairwise(line.words)]
    usual = min(min(gaps, default=0.0), _SPACE * line.size)
    found = []
    for at, (before, after) in enumerate(pairwise(line.words), start=1):
        between = any(
            left[1] < after.left + _SLACK and before.right - _SLACK < right[0] for left, right in pairwise(columns)
        )
        if between and gaps[at - 1] > max(_WIDER * usual, _CLEAR * line.size):
            found.append(at)
    return frozenset(found)


def is_date(text: str) -> bool:
    """Whether the text is a date, a year or a quarter, as in column headers."""
    words = text.split()
    return all(_DATE.fullmatch(word.rstrip(",")) for word in words) and bool(_NAMES_TIME.search(text))


def is_bold(row: Row) -> bool:
    return all(line.bold for line in row.lines)


def with_joined_heads(rows: Sequence[Row], columns: Sequence[Span]) -> list[list[str]]:
    """Returns the table's cells with one header row: the header texts over each column, from top to bottom."""
    cells = [list(row.cells) for row in rows]
    heads = head_count(cells, [is_bold(row) for row in rows])
    body = with_labels_in_each_row(rows[heads:], len(columns)) or _with_wrapped_cells(rows[heads:], columns)
    cells = [*cells[:heads], *body]
    if heads == 0 or len(columns) < 2 or (heads == 1 and not rows[0].heads and _is_whole(cells[0], columns)):
        return cells
    columns = _with_heads(columns, rows[heads - 1])
    names = _names(_levels(rows[:heads], columns), columns)
    if heads == 1 and len(cells[0]) == len(columns) and not rows[0].heads and not _are_single(names, rows[0], columns):
        return cells
    return [names, *cells[heads:]]


def _names(levels: Sequence[tuple[Row, list[Cell]]], columns: Sequence[Span]) -> list[str]:
    """Returns the header texts over each column, from top to bottom."""
    names = ["" for _ in columns]
    above = list(names)
    for number, (row, texts) in enumerate(levels):
        over = list(row.cells) if _goes_on_below(row, names) else _over(texts, columns)
        if number:
            names = [name or _period_beside(column, above, over) for column, name in enumerate(names)]
        names = [f"{name} {text}".strip() for name, text in zip(names, over, strict=True)]
        above = over
    return names


def _period_beside(column: int, above: Sequence[str], years: Sequence[str]) -> str:
    """Returns the unfinished date over the next year or over the one before: it stands over one of several years."""
    if _YEAR.fullmatch(years[column]):
        for beside in (column + 1, column - 1):
            if 0 < beside < len(years) and _YEAR.fullmatch(years[beside]) and above[beside].endswith(","):
                return above[beside]
    return ""


def _levels(rows: Sequence[Row], columns: Sequence[Span]) -> list[tuple[Row, list[Cell]]]:
    """Returns the header rows with their texts. The lines of texts that stand below each other are joined."""
    levels: list[tuple[Row, list[Cell]]] = []
    for row in rows:
        texts = row.heads or [cell for line in row.lines for cell in _cells(line, columns)]
        above = levels[-1] if levels else None
        if above and not (row.heads or above[0].heads):
            if are_one_row(above[0].lines[-1], row.lines[0]):
                joined = _beside(above[1], texts)
            else:
                joined = _stacked(above[1], texts, columns[0][1]) if _is_tight(above[0], row) else []
            if joined:
                levels[-1] = (Row([*above[0].lines, *row.lines], row.cells), joined)
                continue
        levels.append((row, texts))
    return levels


def _beside(some: Sequence[Cell], others: Sequence[Cell]) -> list[Cell]:
    """Returns all texts from left to right; [] if some overlap horizontally."""
    texts = sorted([*some, *others], key=lambda cell: cell[1])
    return [] if any(overlaps(one[1], other[1]) for one, other in pairwise(texts)) else texts


def _is_tight(above: Row, row: Row) -> bool:
    return row.lines[0].box[1] - above.lines[-1].box[3] < _TIGHT * row.lines[0].size


def _stacked(upper: Sequence[Cell], lower: Sequence[Cell], edge: float) -> list[Cell]:
    """Joins texts to those directly below them. Labels left of `edge` are kept. Returns [] unless each text is above a
    text of its own, and each of these below one or all of them wider.
    """
    labels = [cell for cell in (*upper, *lower) if cell[1][0] < edge]
    above, below = ([cell for cell in cells if cell[1][0] >= edge] for cells in (upper, lower))
    under = [[number for number, (_, other) in enumerate(below) if overlaps(span, other)] for _, span in above]
    if len(above) < 2 or any(len(found) != 1 for found in under) or len({found[0] for found in under}) < len(above):
        return []
    joined = list(below)
    for (text, span), (number,) in zip(above, under, strict=True):
        more, other = below[number]
        if len(above) < len(below) and (is_date(text) or span[1] - span[0] > other[1] - other[0]):
            return []
        joined[number] = (f"{text} {more}", (min(span[0], other[0]), max(span[1], other[1])))
    return [*labels, *joined]


def _with_heads(columns: Sequence[Span], row: Row) -> Sequence[Span]:
    """Returns the columns, widened by the texts of the last header row.

    Only if it has a text for each column after the first, and the columns stay apart.
    """
    cells = _cells(row.lines[-1], columns)
    heads = [span for _, span in cells if span[1] > columns[0][1]]
    if len(heads) != len(columns) - 1:
        return columns
    values = [
        (min(span[0], column[0]), max(span[1], column[1])) for span, column in zip(heads, columns[1:], strict=True)
    ]
    wide = [columns[0], *values]
    return wide if all(left[1] < right[0] for left, right in pairwise(wide)) else columns


def _goes_on_below(row: Row, names: Sequence[str]) -> bool:
    """Whether the row is the second line of a single column header, below a row with a header for each column."""
    alone = len(row.cells) == len(names) and sum(map(bool, row.cells)) == 1
    return alone and all(names[1:]) and not row.cells[0]


def _are_single(names: Sequence[str], row: Row, columns: Sequence[Span]) -> bool:
    """Whether each name is the header of one column of the row."""
    heads = {text for line in row.lines for text, _ in _cells(line, columns)}
    return all(name in heads for name in names if name)


def _is_whole(row: Sequence[str], columns: Sequence[Span]) -> bool:
    """Whether the row has a header for each column, except perhaps the first."""
    return len(row) == len(columns) and all(row[1:])


def _with_wrapped_cells(rows: Sequence[Row], columns: Sequence[Span]) -> list[list[str]]:
    """Returns the cells of the rows. A row that only continues wrapped cells of the one above is joined to it."""
    cells: list[list[str]] = []
    labelled = [row for row in rows if _is_labelled(row, columns)]
    # If each label stands beside a whole row, lines without one may belong to the row above.
    whole = _LEAST_ROWS <= len(labelled) < len(rows) and all(_is_whole(row.cells, columns) for row in labelled)
    begin = 0
    for index, row in enumerate(rows):
        parts: list[tuple[int, str]] = []
        if cells and len(cells[-1]) == len(columns):
            found = _continuing(rows[index - 1], row, columns)
            if all(_goes_on(cells[-1][column], text, full) for column, text, full in found):
                parts = [(column, text) for column, text, _ in found]
            if not parts and whole and not _is_labelled(row, columns) and _is_tight(rows[index - 1], row):
                parts = _rest_of_cells(rows[begin:index], row, columns)
        if parts:
            for column, text in parts:
                cells[-1][column] += f" {text}"
        else:
            cells.append(list(row.cells))
            begin = index
    return cells


def _is_labelled(row: Row, columns: Sequence[Span]) -> bool:
    return len(columns) > 1 and row.lines[0].box[0] < columns[0][1]


def _rest_of_cells(above: Sequence[Row], row: Row, columns: Sequence[Span]) -> list[tuple[int, str]]:
    """Returns (column, text) of the lines of a row whose first words had no room at the ends of the cells above
    them; [] if others are there too.
    """
    ends: dict[int, tuple[str, float]] = {}
    parts = []
    for line in (line for other in (*above, row) for line in other.lines):
        for text, span in _cells(line, columns):
            under = [index for index, column in enumerate(columns) if overlaps(span, column)]
            if any(line is other for other in row.lines):
                word = (span[1] - span[0]) * len(text.split()[0]) / len(text)
                last, end = ends.get(under[0] if len(under) == 1 else -1, ("", -math.inf))
                if end + word + _SPACE * line.size < columns[under[0]][1] or (has_number(text) and has_number(last)):
                    return []
                parts.append((under[0], text))
            ends |= dict.fromkeys(under, (text, span[1]))
    return parts


def _goes_on(cell: str, text: str, full: bool) -> bool:
    """Whether the text may continue the cell: it begins in lower case, or the line above fills the column."""
    return bool(cell) and (text[:1].islower() or full)


def _continuing(above: Row, row: Row, columns: Sequence[Span]) -> list[tuple[int, str, bool]]:
    """Returns (column, continuing text, whether the line above fills the column) of a row that continues the one above.

    Returns [] for any other row.
    """
    if len(row.lines) != 1 or row.lines[0].box[1] - above.lines[-1].box[3] > _TIGHT * row.lines[0].size:
        return []
    parts = []
    for text, span in _cells(row.lines[0], columns):
        under = [index for index, column in enumerate(columns) if overlaps(span, column)]
        if len(under) != 1 or under[0] == 0 or (is_value(text) and not any(char.isalpha() for char in text)):
            return []
        left, right = columns[under[0]]
        ends = [cell[1][1] for cell in _cells(above.lines[-1], columns) if overlaps(cell[1], (left, right))]
        full = right - left > _WIDE and bool(ends) and ends[-1] > right - _NEARLY * (right - left)
        parts.append((under[0], text, full and any(map(str.isalpha, text))))
    return parts


def _over(found: Sequence[Cell], columns: Sequence[Span]) -> list[str]:
    """Returns the header text for each column."""
    over = ["" for _ in columns]
    edge = (columns[0][1] + columns[1][0]) / 2
    heads = []
    for cell in found:
        spans_all = cell[1][0] <= columns[1][1] and cell[1][1] >= columns[-1][0]
        if (cell[1][0] + cell[1][1]) / 2 < edge or (is_in_brackets(cell[0]) and (spans_all or len(found) == 1)):
            over[0] = f"{over[0]} {cell[0]}".strip()
        else:
            heads.append(cell)
    for cell, covered in zip(
        heads, columns_under([span for _, span in heads], range(1, len(columns)), columns), strict=True
    ):
        for column in covered:
            over[column] = f"{over[column]} {cell[0]}".strip()
    return over


def _cells(line: TextLine, columns: Sequence[Span]) -> Iterator[Cell]:
    """Yields the line's cells. A cell over two columns is split if its words have a gap between the columns."""
    for words in line.cells:
        gaps = [after.left - before.right for before, after in pairwise(words)]
        usual = min(median(gaps or [0.0]), _SPACE * line.size)
        part = [words[0]]
        for before, after in pairwise(words):
            gap = (before.right, after.left)
            between = any(left[1] < gap[1] + _SLACK and gap[0] - _SLACK < right[0] for left, right in pairwise(columns))
            if between and gap[1] - gap[0] > _WIDER * usual and gap[1] - gap[0] > 0.5 * line.size:
                yield " ".join(word.text for word in part), (part[0].left, part[-1].right)
                part = []
            part.append(after)
        yield " ".join(word.text for word in part), (part[0].left, part[-1].right)


def ruled_head_count(cells: Sequence[Sequence[str]], covered: Mapping[Place, Place]) -> int:
    """Returns the number of header rows of a ruled table. Below a cell over several columns are the headers of each."""
    least = 0
    for row, texts in enumerate(cells[:_MOST_HEADS]):
        if any(_is_number(text) for text in texts[1:]):
            break
        least = row + 1
        if all(covered.get((row, column), (row, column))[1] == column for column in range(len(texts))):
            break
    wide = any(place[0] == begin[0] == 0 for place, begin in covered.items())
    return max(head_count(cells), least if wide and least < len(cells) else 0)


def _is_number(text: str) -> bool:
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return digits > letters and not is_date(text)


def joined_grid(cells: Sequence[Sequence[str]], covered: Mapping[Place, Place]) -> list[list[str]]:
    """Returns the cells of a ruled table with one header row, which joins the header texts over each column.

    The text of a cell over several rows is repeated in each of them.
    """
    rows = [list(row) for row in cells]
    heads = ruled_head_count(rows, covered)
    for (row, column), begin in sorted(covered.items()):
        if row >= heads and begin[0] != row and begin[1] == column:
            rows[row][column] = cells[begin[0]][column]
    if heads < 2:
        return rows
    over = [_over_columns(rows, row, covered) for row in range(heads)]
    if not covered:
        for above, below in pairwise(over):
            for column in range(2, len(above)):
                if not above[column] and below[column]:
                    above[column] = above[column - 1]
    names = [" ".join(dict.fromkeys(row[column] for row in over if row[column])) for column in range(len(rows[0]))]
    return [names, *rows[heads:]]


def _over_columns(rows: Sequence[Sequence[str]], row: int, covered: Mapping[Place, Place]) -> list[str]:
    """Returns the text of a header row for each column.

    A title over all columns is left out; a unit is in the first.
    """
    count = len(rows[row])
    begins = [covered.get((row, column), (row, column)) for column in range(count)]
    if count > 1 and all(begin == (row, 0) for begin in begins):
        return [rows[row][0] if is_in_brackets(rows[row][0]) else "", *[""] * (count - 1)]
    return [rows[begin[0]][begin[1]] for begin in begins]


def same_columns(first: Sequence[Span], second: Sequence[Span]) -> bool:
    """Whether the columns of two tables have the same positions."""
    return 1 < len(first) == len(second) and all(overlaps(one, other) for one, other in zip(first, second, strict=True))
