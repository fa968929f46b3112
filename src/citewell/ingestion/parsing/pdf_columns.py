"""Finds the reading order of a page: columns of prose are read one after the other, between lines that span them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of
from citewell.ingestion.parsing.pdf_text import Word

_SEGMENT_GAP = 0.8  # of the font size: words of justified prose are closer, columns farther apart
_BIN = 2.0  # points
_LEAST_GUTTER = 0.45  # of the font size: the smallest gap between two columns in a line
_NEXT = 0.7  # of the font size: the largest distance between two lines of a run
_FAR = 2.0  # of the font size
_MIN_LINES = 8  # of prose in each column
_FEW_LINES = 3  # of prose in each of several short columns
_FEW_WORDS = 4  # in each of these lines
_MOSTLY = 0.65  # share of the pieces side by side that must be prose
_EVEN = 3.0  # points: the largest difference of their left edges
_PROSE_LETTERS = 18
_MIN_WIDTH = 0.25  # of the width of the text: narrower ones are cells of a table
_MAX_DEPTH = 3
_TABLE = re.compile(r"(?:table|tab\.|tabelle|tableau|tabla|tabella|tabel|表)\s*[\dIVXA-Z]", re.IGNORECASE)

# Columns in a part of a page begin at the same height, and one may end before the other. Labels beside texts have gaps
# between them.
_FILLED = re.compile("s*[lr]?b+(?:l*|r*)s*")

Segment = tuple[float, float, bool]  # left, right, is prose


def page_lines(words: Sequence[Word]) -> list[TextLine]:
    """Returns the lines of upright words in reading order."""
    return _ordered(words, _MAX_DEPTH)


def _ordered(words: Sequence[Word], depth: int) -> list[TextLine]:
    lines = lines_of(words)
    if not depth:
        return lines
    if (gutter := _gutter(lines)) is not None:
        return _by_columns(lines, gutter, None, depth)
    if (found := _short_gutter(lines)) is not None:
        return _by_columns(lines, *found, depth)
    ordered: list[TextLine] = []
    for run in _runs(lines):
        found = _short_gutter(run) if len(run) < len(lines) else None
        if found is not None and _FILLED.fullmatch("".join(_side(line, *found) for line in run)):
            ordered += _by_columns(run, *found, depth, within=True)
        else:
            ordered += run
    return ordered


def _by_columns(
    lines: Sequence[TextLine], gutter: float, second: float | None, depth: int, *, within: bool = False
) -> list[TextLine]:
    """Returns the lines left of the gutter before those right of it, between the lines that span both columns.

    `second` is the left edge of the second column if all its lines have the same. `within` says that the lines are a
    part of a page.
    """
    ordered: list[TextLine] = []
    left: list[Word] = []
    right: list[Word] = []
    apart = [] if within else [*_distant_lines(lines), *_tables_across(lines, gutter)]
    whole = {id(line) for line in apart}
    for line in lines:
        if id(line) in whole or (
            _spans(line, gutter) and not (second is not None and _begins_at(line, gutter, second))
        ):
            ordered += [*_ordered(left, depth - 1), *_ordered(right, depth - 1), line]
            left, right = [], []
        else:
            left += [word for word in line.words if word.right <= gutter + 1]
            right += [word for word in line.words if word.right > gutter + 1]
    return [*ordered, *_ordered(left, depth - 1), *_ordered(right, depth - 1)]


def _tables_across(lines: Sequence[TextLine], gutter: float) -> Iterator[TextLine]:
    """The lines of tables without ruling lines that span both columns, with their captions: rows of short cells on both
    sides of the gutter, none of which begins where the text of the second column does."""
    begins = Counter(round(left) for line in lines for left, _, prose in _segments(line) if prose and left > gutter - 1)
    edge = begins.most_common(1)[0][0] if begins else gutter
    for run in _rows_across(lines, gutter, edge):
        first = lines.index(run[0])
        if first and _is_caption(lines[first - 1], run[0]):
            yield lines[first - 1]
        yield from run


def _rows_across(lines: Sequence[TextLine], gutter: float, edge: float) -> Iterator[list[TextLine]]:
    """Runs of lines with at least two rows across the gutter, and what may be rows with fewer cells right beside."""
    run: list[TextLine] = []
    whole = 0
    for line in lines:
        is_row = _is_row_across(line, gutter, edge)
        room = line.box[1] - run[-1].box[3] if run else 0.0
        goes_on = is_row or _may_be_row(line, edge)
        if run and not (goes_on and room < (_FAR if is_row else _NEXT) * line.size):
            if whole > 1:
                yield run
            run, whole = [], 0
        if goes_on:
            run.append(line)
            whole += is_row
    if whole > 1:
        yield run


def _is_row_across(line: TextLine, gutter: float, edge: float) -> bool:
    segments = list(_segments(line))
    sides = segments[0][1] < gutter < segments[-1][0]
    return len(segments) > 2 and sides and _may_be_row(line, edge)


def _may_be_row(line: TextLine, edge: float) -> bool:
    segments = list(_segments(line))
    prose = sum(is_prose for _, _, is_prose in segments)
    at_edge = any(abs(left - edge) <= _EVEN for left, _, _ in segments)
    return prose <= (len(segments) > 2) and not at_edge


def _is_caption(line: TextLine, row: TextLine) -> bool:
    alone = sum(1 for _ in _segments(line)) == 1
    return alone and _TABLE.match(line.text) is not None and row.box[1] - line.box[3] < _FAR * row.size


def _spans(line: TextLine, gutter: float) -> bool:
    return any(start < gutter - 1 and end > gutter + 1 for start, end, _ in _segments(line))


def _begins_at(line: TextLine, gutter: float, second: float) -> bool:
    """Whether the second column begins in the line, after a gap that is only a little wider than a space."""
    before = max((word.right for word in line.words if word.left < gutter), default=0.0)
    behind = min((word.left for word in line.words if word.right > gutter), default=0.0)
    return before <= gutter and abs(behind - second) <= _EVEN and behind - before > _LEAST_GUTTER * line.size


def _side(line: TextLine, gutter: float, second: float) -> str:
    """Returns whether the line has words in both columns, is left or right of the gutter, or spans it."""
    if line.box[2] <= gutter + 1:
        return "l"
    if line.box[0] >= gutter - 1:
        return "r"
    return "s" if _spans(line, gutter) and not _begins_at(line, gutter, second) else "b"


def _runs(lines: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """Yields runs of lines of the same font size, without wide gaps between them."""
    run: list[TextLine] = []
    for line in lines:
        if run and (
            line.box[1] - run[-1].box[3] > _NEXT * line.size or abs(line.size - run[-1].size) > 0.1 * line.size
        ):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _distant_lines(lines: Sequence[TextLine]) -> list[TextLine]:
    """Returns the first and the last line if they are far from the others, like page headers and footers."""
    first, second, before, last = lines[0], lines[1], lines[-2], lines[-1]
    found = [first] if second.box[1] - first.box[3] > _FAR * first.size else []
    return [*found, last] if last.box[1] - before.box[3] > _FAR * last.size else found


def _segments(line: TextLine) -> Iterator[Segment]:
    """Yields the parts of the line between gaps that are wider than spaces."""
    first = 0
    for index, word in enumerate(line.words):
        following = line.words[index + 1] if index + 1 < len(line.words) else None
        if following is None or following.left - word.right > _SEGMENT_GAP * line.size:
            text = "".join(part.text for part in line.words[first : index + 1])
            yield line.words[first].left, word.right, _has_letters_of_prose(text)
            first = index + 1


def _has_letters_of_prose(text: str) -> bool:
    begin, rest = text[: 2 * _PROSE_LETTERS], text[2 * _PROSE_LETTERS :]
    letters = sum(map(str.isalpha, begin))
    return letters >= _PROSE_LETTERS or letters + sum(map(str.isalpha, rest)) >= _PROSE_LETTERS


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Returns the x between two columns of prose, or None. Columns of numbers are a table."""
    if len(lines) < _MIN_LINES:
        return None
    segments = [segment for line in lines for segment in _segments(line)]
    start, end = min(segment[0] for segment in segments), max(segment[1] for segment in segments)
    prose = [segment for segment in segments if segment[2] and segment[1] - segment[0] > _MIN_WIDTH * (end - start)]
    if len(prose) < 2 * _MIN_LINES:
        return None
    low, high = start + 0.25 * (end - start), start + 0.75 * (end - start)
    x = _least_crossed(segments, low, high)
    before = sum(right <= x + 1 for _, right, _ in prose)
    behind = sum(left >= x - 1 for left, _, _ in prose)
    crossing = sum(left < x - 1 and right > x + 1 for left, right, _ in segments)
    return x if min(before, behind) >= _MIN_LINES and crossing <= min(before, behind) else None


def _short_gutter(lines: Sequence[TextLine]) -> tuple[float, float] | None:
    """Returns (x after the first of several short columns, left edge of the second), or None.

    The pieces of text side by side must be prose with the same left edges. Headings above and text below that span the
    columns are no part of them.
    """
    divided = [pieces for line in lines if len(pieces := list(_pieces(line))) > 1]
    count = max(map(len, divided), default=0)
    full = [pieces for pieces in divided if len(pieces) == count]
    if len(full) < max(_FEW_LINES, 0.5 * len(divided)):
        return None
    prose = sum(_is_prose(words) for pieces in full for words in pieces)
    if prose < _MOSTLY * count * len(full):
        return None
    columns = [(min(p[n][0].left for p in full), max(p[n][-1].right for p in full)) for n in range(count)]
    uneven = max(max(p[n][0].left for p in full) - columns[n][0] for n in range(count))
    widths = [right - left for left, right in columns]
    if uneven > _EVEN or max(widths) > 1.8 * min(widths) or columns[0][1] >= columns[1][0]:
        return None
    return (columns[0][1] + columns[1][0]) / 2, columns[1][0]


def _pieces(line: TextLine) -> Iterator[list[Word]]:
    """Yields the line's words in groups between wide gaps."""
    for start, end, _ in _segments(line):
        yield [word for word in line.words if word.left >= start - 0.1 and word.right <= end + 0.1]


def _is_prose(words: Sequence[Word]) -> bool:
    """Whether the words are prose: in lower case with few numbers, unlike headers and labels of tables."""
    small = sum(word.text[:1].islower() for word in words)
    return len(words) >= _FEW_WORDS and small >= 0.6 * len(words)


def _least_crossed(segments: Sequence[Segment], low: float, high: float) -> float:
    """Returns the middle of the widest range between `low` and `high` that the fewest segments cross."""
    count = max(int((high - low) / _BIN), 1)
    changes = [0] * (count + 1)
    for left, right, _ in segments:
        first = min(max(int((left - low) / _BIN), 0), count)
        last = min(max(int((right - low) / _BIN) + 1, 0), count)
        changes[first] += 1
        changes[last] -= 1
    covered, total = [], 0
    for change in changes[:count]:
        total += change
        covered.append(total)
    least = min(covered)
    best = run = (0, 0)  # start, length
    for index, value in enumerate(covered):
        run = (run[0], run[1] + 1) if value == least else (index + 1, 0)
        best = max(best, run, key=lambda stretch: stretch[1])
    return low + (best[0] + best[1] / 2) * _BIN
