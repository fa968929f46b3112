"""Over which columns the heads of a row stand.

Empty cells tell the places of the others, though not how many columns each spans: heads over several columns span as
many each, and periods as many columns with dates. What does not fit counts for the column that it certainly stands
over, or for none.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.head_words import YEAR, names_time

_WIDE = 3  # columns over which one header is centred


class Piece(msgspec.Struct, frozen=True):
    """A cell of a row with its place in its chunk; `index` counts the cells of the row from 0, empty ones too."""

    text: str
    index: int
    start: int
    end: int
    chunk: int = 0


class HeadRow(msgspec.Struct, frozen=True):
    """The heads of a row. `is_aligned`: empty cells tell that each stands over a column of its own index. `over` holds
    the columns of each head, from 0; `apart` are those with words that stand beside its periods and not below."""

    items: list[Piece]
    is_aligned: bool
    over: list[list[int]] = []
    apart: frozenset[int] = frozenset()


def head_row(pieces: Sequence[Piece], count: int) -> HeadRow | None:
    """The heads of a row, without its label; None where they are more than the columns."""
    items = [item for piece in pieces for item in _split(piece) if item.text]
    times = [item for item in items if _is_time(item)]
    if len(items) > count == len(times) > 1:  # the heads of "Change" stand over no column of their own
        return HeadRow([msgspec.structs.replace(item, index=at) for at, item in enumerate(times, 1)], is_aligned=False)
    is_aligned = bool(items) and items[-1].index >= len({item.index for item in items}) + (items[0].index > 0)
    if items and items[0].index == 0 and (is_aligned or len(items) > count or not _is_first_head(items, count)):
        items = items[1:]
    if not items or len(items) > count or items[-1].index > count:
        return None
    return HeadRow(items, is_aligned)


def _is_first_head(items: Sequence[Piece], count: int) -> bool:
    """Whether the first cell of a row is no label: it is a period, or there is one head for each column."""
    if names_time(items[0].text):
        return True
    return len(items) == count > 1 and items[-1].index == count - 1 and not items[0].text.startswith("(")


def placed(rows: Sequence[HeadRow], count: int, valued: Sequence[int]) -> list[HeadRow]:
    dated = sorted({index for row in rows for index in _places(row, count, times=True, years=True)})
    dated = dated or max((_places(row, count, times=True) for row in rows), key=len, default=[])
    worded = frozenset(index for row in rows for index in _places(row, count, times=False))
    whole = (row.items for row in rows if len(row.items) == count and not any(_is_time(item) for item in row.items))
    below = [item.text for item in next(whole, [])]
    found, groups = list[HeadRow](), 1
    for row in rows:
        apart = worded if not worded & {item.index - 1 for item in row.items if _is_time(item)} else frozenset[int]()
        free = [index for index in range(count) if index not in apart]
        over = _over(row, count, free=free, dated=dated, valued=valued, groups=groups, below=below)
        if 1 < len(row.items) < count and count % len(row.items) == 0:
            groups = len(row.items)
        found.append(msgspec.structs.replace(row, over=over, apart=apart))
    return found


def _places(row: HeadRow, count: int, *, times: bool, years: bool = False) -> list[int]:
    """The columns over which a row has a period each (one with a year), or other words; none where its heads do not
    tell their places."""
    is_whole = len(row.items) == count
    if not (row.is_aligned or is_whole):
        return []
    return [
        number if is_whole else item.index - 1
        for number, item in enumerate(row.items)
        if _is_time(item) == times and (not years or YEAR.search(item.text))
    ]


def _is_time(item: Piece) -> bool:
    return names_time(item.text)


def _over(
    row: HeadRow,
    count: int,
    *,
    free: Sequence[int],
    dated: Sequence[int],
    valued: Sequence[int],
    groups: int,
    below: Sequence[str],
) -> list[list[int]]:
    """The columns of each head of a row; none for a head that may stand over any. Periods stand over the `free`
    columns; `dated` are those that a row has periods for, `below` the words of a row with a head over each column."""
    items, number = row.items, len(row.items)
    if number == count:
        return [[index] for index in range(count)]
    times = [item for item in items if _is_time(item)]
    if row.is_aligned:
        if not times:
            return (
                _repeated_under(items, below)
                or _equal(items, range(count), last=-2)
                or [[item.index - 1] for item in items]
            )
        others = [item.index - 1 for item in items if not _is_time(item)]
        spans = iter(_spans(times, [index for index in free if index not in others], dated))
        return [next(spans) if _is_time(item) else [item.index - 1] for item in items]
    if times and number == len(valued) > 1:
        return [[index] for index in valued]
    rest = [index for index in range(count) if index not in dated]
    if 1 < number == len(rest) and times and all(YEAR.search(item.text) for item in items):
        return [[index] for index in rest]  # the years of one head in two lines
    if count % number == 0:
        return _groups(range(count), number)
    if times and len(dated) > number:
        return _groups(dated, number) if len(dated) % number == 0 else [[] for _ in items]
    if groups > 1 and number % groups == 0 and count % groups == 0:
        each, size = number // groups, count // groups
        return [[index // each * size + index % each] for index in range(number)]
    return [[item.index - 1] if items[0].index else [] for item in items]


def _spans(items: Sequence[Piece], free: Sequence[int], dated: Sequence[int]) -> list[list[int]]:
    """The columns of periods that stand at their places: groups of as many columns, or of as many columns with
    dates; otherwise the column that each of them stands over.
    """
    for among in (free, [index for index in dated if index in free]):
        if len(among) > len(items) and (found := _equal(items, among)):
            return found
    return [[item.index - 1] for item in items]


def _groups(among: Sequence[int], number: int) -> list[list[int]]:
    size = len(among) // number
    return [list(among[at * size : (at + 1) * size]) for at in range(number)]


def _equal(items: Sequence[Piece], among: Sequence[int], last: int = -1) -> list[list[int]]:
    """As many of the columns for each head, where each stands within its own; else none. `last`: the column of three or
    more that it may stand over at most."""
    found = _groups(among, len(items))
    if len(among) % len(items) or not found[0]:
        return []
    stand = (
        group[0] <= item.index - 1 <= group[last if len(group) >= _WIDE else -1]
        for item, group in zip(items, found, strict=True)
    )
    return found if all(stand) else []


def _repeated_under(items: Sequence[Piece], below: Sequence[str]) -> list[list[int]]:
    """The columns of each head over groups with the same heads in each ("Cost, Value, Cost, Value"); else none."""
    count = len(below)
    for size in range(2, count // 2 + 1):
        if count % size == 0 and all(below[at] == below[at % size] for at in range(count)):
            found = [(item.index - 1) // size for item in items]
            return [list(range(at * size, (at + 1) * size)) for at in found] if len(set(found)) == len(found) else []
    return []


def _split(piece: Piece) -> list[Piece]:
    """A cell that holds several days, as one item each."""
    mentions = [mention for mention in periods.find(piece.text) if mention.period.end]
    if len(mentions) < 2:
        return [piece]
    starts = [0, *(mention.start for mention in mentions[1:]), len(piece.text)]
    items = []
    for begin, end in pairwise(starts):
        text = piece.text[begin:end].strip()
        items.append(msgspec.structs.replace(piece, text=text))
    return items
