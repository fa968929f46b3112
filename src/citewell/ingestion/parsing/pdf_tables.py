"""Finds tables without ruling lines: which lines are rows, and which columns their cells belong to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from citewell.ingestion.blocks import clean
from citewell.ingestion.parsing.pdf_beside import are_one_row, lines_beside
from citewell.ingestion.parsing.pdf_lines import MARKER, TextLine, is_in_brackets
from citewell.ingestion.parsing.pdf_tall_rows import parts_of_cells
from citewell.ingestion.parsing.pdf_text import Word

_NEAR = 3  # lines: a line with cells is a table row only if there is another one this near
_MAX_LABELS = 3  # lines between two rows that may be labels, such as "Net sales:"
_ABOVE, _BELOW = 2.2, 1.0  # of the font size: the largest gaps above and below a label
_FLUSH = 1.0  # points
_GOES_ON = (",", " and", " or", " of", " the", " to", " for", " in", " by", " with", " on")
_NUMBER_OF_HEADING = re.compile(
    r"(?:part|chapter|item|section|note|article|annex|appendix|teil|kapitel|abschnitt|artikel|anhang|§)\s*[\divxlc]*[a-z]?[.:]?"
    r"|(?:\d+|[A-Z])(?:\.\d+)+\.?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
Span = tuple[float, float]
Cell = tuple[str, Span]


@dataclass
class Row:
    """The lines of a row, several if its label is wrapped, and its cells, including empty ones.

    `heads` are the full dates of a header row with their positions: the text has a date once above several years.
    """

    lines: list[TextLine]
    cells: list[str]
    heads: list[Cell] = field(default_factory=list)

    @property
    def text(self) -> str:
        joined = " | ".join(self.cells).strip()
        return joined.replace("|  |", "| |").replace("|  |", "| |").rstrip(" |") if "" in self.cells else joined


def table_lines(lines: Sequence[TextLine]) -> set[int]:
    """Returns the indexes of the lines that belong to tables: lines with several cells, and labels between them."""
    celled = [_has_cells(line) and not _is_justified(lines, index) for index, line in enumerate(lines)]
    for index, (above, line) in enumerate(pairwise(lines)):
        if line.box[1] < above.box[3] and are_one_row(above, line):
            celled[index] = celled[index + 1] = True
    rows = {index for index, is_row in enumerate(celled) if is_row and _has_neighbour(celled, index)}
    rows |= _labels(lines, rows) | _spanning_heads(lines, rows)
    rows |= _wrapped_ends(lines, rows)
    rows |= lines_beside(lines, rows)
    return rows | parts_of_cells(lines, rows)


def _has_neighbour(celled: Sequence[bool], index: int) -> bool:
    near = range(max(index - _NEAR, 0), min(index + _NEAR + 1, len(celled)))
    return any(celled[other] for other in near if other != index)


def _has_cells(line: TextLine) -> bool:
    row = line.row
    if len(row) < 2 or MARKER.fullmatch(row[0]):
        return False
    if len(row) == 2 and line.bold and _NUMBER_OF_HEADING.fullmatch(row[0]):  # "2.1", a tab, and its words
        return False
    return len(row) > 2 or is_value(row[1]) or all(len(cell) < 60 for cell in row)


def _is_justified(lines: Sequence[TextLine], index: int) -> bool:
    """Whether the line belongs to a narrow justified column, in which wide gaps are only spaces.

    It begins and ends at the same x as lines above or below it.
    """
    line = lines[index]
    near = [lines[at] for at in (index - 2, index - 1, index + 1, index + 2) if 0 <= at < len(lines)]
    return any(
        len(other.cells) == 1
        and len(other.words) > 1
        and abs(other.box[0] - line.box[0]) < _FLUSH
        and abs(other.box[2] - line.box[2]) < _FLUSH
        for other in near
    ) and not any(is_value(cell) for cell in line.row[1:])


def is_value(cell: str) -> bool:
    return any(char.isdigit() for char in cell) or cell.strip() in ("—", "-", "–", "N/A")


def _labels(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the lines between two rows that fit into the label column of the row below. Prose is wider."""
    found: set[int] = set()
    for above in rows:
        below = above + 1
        while below < len(lines) and below not in rows and below - above <= _MAX_LABELS + 1:
            below += 1
        run = range(above + 1, below)
        if run and below in rows and _within_labels([lines[index] for index in (above, *run, below)]):
            found.update(run)
    return found


def _within_labels(lines: Sequence[TextLine]) -> bool:
    """Whether the lines between two rows are labels. `lines` are a row, these lines, and the next row."""
    edge = lines[-1].cells[1][0].left
    if not all(_is_label(line, edge) for line in lines[1:-1]):
        return False
    gaps = [after.box[1] - before.box[3] for before, after in pairwise(lines)]
    size = lines[-1].size
    return -size < min(gaps) and max(gaps) < _ABOVE * size and gaps[-1] < _BELOW * size


def _is_label(line: TextLine, edge: float) -> bool:
    """Whether the line ends before the values, at `edge`. "(in millions)" and column headers do not."""
    return line.box[2] < edge + line.size or is_in_brackets(line.text) or line.box[0] > edge - 2 * line.size


def _spanning_heads(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the lines directly above a row without a label, within its width: headers over several columns."""
    found: set[int] = set()
    left = min((line.box[0] for line in lines), default=0.0)
    right = max((line.box[2] for line in lines), default=0.0)
    for index in rows:
        row = lines[index]
        if row.box[0] <= left + 0.3 * (right - left):
            continue
        for at in range(index - 1, max(index - 1 - _NEAR, -1), -1):
            head, below = lines[at], lines[at + 1]
            within = row.box[0] - row.size < head.box[0] and head.box[2] < row.box[2] + row.size
            if at in rows or not within or not -0.5 * row.size < below.box[1] - head.box[3] < row.size:
                break
            found.add(at)
    return found


def _wrapped_ends(lines: Sequence[TextLine], rows: set[int]) -> set[int]:
    """Returns the lines directly below the last row that continue one of its cells."""
    found: set[int] = set()
    for index in sorted(rows):
        last = index
        while last + 1 < len(lines) and last + 1 not in rows and _goes_on(lines[index], lines[last], lines[last + 1]):
            last += 1
            found.add(last)
    return found


def _goes_on(row: TextLine, above: TextLine, line: TextLine) -> bool:
    """Whether the line begins at the x of a cell of the row, except the first, and ends before the next one."""
    if len(line.cells) > 1 or line.box[1] - above.box[3] > 0.5 * line.size:
        return False
    starts = [(cell[0].left, cell[-1].right) for cell in row.cells]
    for number, (left, _) in enumerate(starts[1:], start=1):
        ends = starts[number + 1][0] if number + 1 < len(starts) else float("inf")
        if abs(line.box[0] - left) < 2 and line.box[2] < ends:
            return True
    return False


def table_rows(lines: Sequence[TextLine]) -> list[Row]:
    """Makes rows of the lines: joins wrapped labels and dates, and aligns cells to the columns of the fullest rows."""
    columns = columns_of(lines)
    rows: list[Row] = []
    for line in lines:
        if rows and (dated := _dated(rows[-1].lines[-1], line)):
            joined = TextLine([*rows[-1].lines[-1].words, *line.words])
            rows[-1] = Row([joined], _aligned(dated, columns), _in_full(dated))
            continue
        cells = _aligned(_placed(line), columns)
        if len(cells) == 1 and _are_heads(rows, columns) and (within := _only_within(_placed(line)[0][1], columns)):
            cells = ["" if column != within else cells[0] for column in range(len(columns))]
        if rows and _is_wrapped(rows[-1], line):
            label = f"{rows[-1].cells[0]} {cells[0]}"
            rows[-1] = Row([*rows[-1].lines, line], [label, *cells[1:]])
        else:
            rows.append(Row([line], cells))
    return rows


def _placed(line: TextLine) -> list[Cell]:
    return [(clean(text), (cell[0].left, cell[-1].right)) for text, cell in zip(line.row, line.cells, strict=True)]


def _dated(upper: TextLine, lower: TextLine) -> list[Cell]:
    """Joins headers such as "July 1," above "2023"; returns [] if the lines are none."""
    if not all(_YEAR.fullmatch(text) for text in lower.row) or not upper.row[-1].endswith(","):
        return []
    dates = [cell for cell in _placed(upper) if cell[0].endswith(",")]
    labels = [cell for cell in _placed(upper) if not cell[0].endswith(",")]
    if len(labels) > 1:
        return []
    dated: list[Cell] = []
    years = _placed(lower)
    each, rest = divmod(len(years), len(dates))  # a date may be above several years
    if rest:
        return []
    for index, (date, over) in enumerate(dates):
        below = years[index * each : (index + 1) * each]
        middle = (below[0][1][0] + below[-1][1][1]) / 2
        if not over[0] - 1 < middle < over[1] + 1:
            return []
        # The page has the date once, so the text has it once: cited words must be words that can be marked.
        first, *others = below
        dated += [(f"{date} {first[0]}", first[1]), *others]
    return [*labels, *dated]


def _in_full(dated: Sequence[Cell]) -> list[Cell]:
    """Returns each year with the date above it."""
    full: list[Cell] = []
    date = ""
    for text, span in dated:
        if not _YEAR.fullmatch(text):
            date = text[:-4].strip()
        full.append((f"{date} {text}" if _YEAR.fullmatch(text) and date else text, span))
    return full


def _is_wrapped(row: Row, line: TextLine) -> bool:
    """Whether the row is a label without values that `line` continues."""
    last = row.lines[-1]
    if len(row.cells) != 1 or row.cells[0].endswith(":") or line.box[1] - last.box[3] > 0.6 * line.size:
        return False
    if line.box[0] > last.box[2]:  # a label beside several rows, of which this is one
        return False
    return line.text[:1].islower() or row.cells[0].endswith(_GOES_ON)


def columns_of(lines: Sequence[TextLine]) -> list[Span]:
    """Returns (left, right) of each column; [] if the fullest rows differ."""
    most = max(len(line.cells) for line in lines)
    fullest = [line.cells for line in lines if len(line.cells) == most]
    if len(fullest) == 1 and len(lines[0].cells) == most:
        fullest += _with_label_beside(lines)
    if most < 3 or len(fullest) < 2:
        return []
    columns = [
        (min(row[index][0].left for row in fullest), max(row[index][-1].right for row in fullest))
        for index in range(most)
    ]
    apart = all(left[1] < right[0] for left, right in pairwise(columns))
    return columns if apart else []


def _with_label_beside(lines: Sequence[TextLine]) -> list[list[list[Word]]]:
    """Returns the rows below the header with their labels, if the labels are on lines of their own between the rows."""
    heads, body = lines[0], lines[1:]
    alone = [line for line in body if len(line.cells) == 1]
    rows = [line for line in body if len(line.cells) > 1]
    if not (alone and rows) or any(len(line.cells) != len(heads.cells) - 1 for line in rows):
        return []
    if max(line.box[2] for line in alone) >= min(line.box[0] for line in rows):
        return []
    return [[alone[0].cells[0], *line.cells] for line in rows]


def _aligned(cells: Sequence[Cell], columns: Sequence[Span]) -> list[str]:
    """Returns the row's cells, with empty ones for the columns without a cell, if all cells fit into columns."""
    row = [text for text, _ in cells]
    if not 2 <= len(row) < len(columns):
        return row
    aligned = [""] * len(columns)
    last = -1
    for text, span in cells:
        index = _column_of(span, columns)
        if index is None or index <= last:
            return row
        aligned[index], last = text, index
    return aligned


def _are_heads(rows: Sequence[Row], columns: Sequence[Span]) -> bool:
    """Whether the rows are a header: none has values, and the last has text in each column except perhaps the first."""
    whole = bool(rows) and len(rows[-1].cells) == len(columns) and all(rows[-1].cells[1:])
    return whole and not any(is_value(cell) for row in rows for cell in row.cells)


def _only_within(cell: Span, columns: Sequence[Span]) -> int:
    """Returns the column, except the first, that contains the cell; 0 for other cells, such as headers over several."""
    found = [index for index, (left, right) in enumerate(columns) if left - 2 <= cell[0] and cell[1] <= right + 2]
    return found[0] if len(found) == 1 else 0


def _column_of(cell: Span, columns: Sequence[Span]) -> int | None:
    """Returns the first column that the cell overlaps; None if there is none."""
    for index, (left, right) in enumerate(columns):
        overlap = min(cell[1], right) - max(cell[0], left)
        if overlap > 0.3 * min(cell[1] - cell[0], right - left):
            return index
    return None
