"""Reading order: the columns of a page of prose, one after the other; what spans them stands in between."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of
from citewell.ingestion.parsing.pdf_text import Word

_SEGMENT_GAP = 0.8  # of the font size: words of justified prose are closer to each other, columns are farther apart
_BIN = 2.0  # points
_LEAST_GUTTER = 0.45  # of the font size: between columns, in a line of them
_NEXT = 0.7  # of the font size: the room above a line of the same stretch
_FAR = 2.0  # of the font size
_MIN_LINES = 8  # of prose in each column
_FEW_LINES = 3  # of prose in each column, where nothing else stands beside
_FEW_WORDS = 4  # in each of these
_MOSTLY = 0.65  # of the pieces side by side
_EVEN = 3.0  # points: how far apart their beginnings may be
_PROSE_LETTERS = 18
_MIN_WIDTH = 0.25  # of the width of the text: narrower ones are cells of a table
_MAX_DEPTH = 3
_TABLE = re.compile(r"(?:table|tab\.|tabelle|tableau|tabla|tabella|tabel|表)\s*[\dIVXA-Z]", re.IGNORECASE)

# Columns within a page begin side by side, and one may end first: labels beside texts have gaps between them.
_FILLED = re.compile("s*[lr]?b+(?:l*|r*)s*")

Segment = tuple[float, float, bool]  # left, right, is prose


def page_lines(words: Sequence[Word]) -> list[TextLine]:
    """The lines of upright words in reading order."""
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
    """The lines left of the gutter before those right of it, from one line that spans both to the next. `second` is
    where the second column begins, if all of its lines do there; `within` says that the lines are a part of a page."""
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
    """Whether the second column begins in the line, behind a gap that is only a little wider than a space."""
    before = max((word.right for word in line.words if word.left < gutter), default=0.0)
    behind = min((word.left for word in line.words if word.right > gutter), default=0.0)
    return before <= gutter and abs(behind - second) <= _EVEN and behind - before > _LEAST_GUTTER * line.size


def _side(line: TextLine, gutter: float, second: float) -> str:
    """Whether the line stands in both columns, left or right of the gutter, or spans it."""
    if line.box[2] <= gutter + 1:
        return "l"
    if line.box[0] >= gutter - 1:
        return "r"
    return "s" if _spans(line, gutter) and not _begins_at(line, gutter, second) else "b"


def _runs(lines: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """The lines in stretches of one size, without wide gaps between them."""
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
    """The first and the last line, if they stand far from the others: as headers and footers of a page do."""
    first, second, before, last = lines[0], lines[1], lines[-2], lines[-1]
    found = [first] if second.box[1] - first.box[3] > _FAR * first.size else []
    return [*found, last] if last.box[1] - before.box[3] > _FAR * last.size else found


def _segments(line: TextLine) -> Iterator[Segment]:
    """Parts of the line between gaps wider than those between words."""
    first = 0
    for index, word in enumerate(line.words):
        following = line.words[index + 1] if index + 1 < len(line.words) else None
        if following is None or following.left - word.right > _SEGMENT_GAP * line.size:
            letters = sum(char.isalpha() for part in line.words[first : index + 1] for char in part.text)
            yield line.words[first].left, word.right, letters >= _PROSE_LETTERS
            first = index + 1


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """The x between two columns of prose, or None. Columns of numbers are a table and no columns of text."""
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
    """The x behind the first of several columns of a few lines, and where the second begins: the lines side by side are
    pieces of prose that begin at the same places. Headings that span the columns, and text below them that does, stand
    for themselves."""
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
    """The line's words between wide gaps."""
    for start, end, _ in _segments(line):
        yield [word for word in line.words if word.left >= start - 0.1 and word.right <= end + 0.1]


def _is_prose(words: Sequence[Word]) -> bool:
    """Words in small letters, few numbers: the heads and labels of tables are no sentences."""
    small = sum(word.text[:1].islower() for word in words)
    return len(words) >= _FEW_WORDS and small >= 0.6 * len(words)


def _least_crossed(segments: Sequence[Segment], low: float, high: float) -> float:
    """The middle of the widest stretch between `low` and `high` that the fewest segments cross."""
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
