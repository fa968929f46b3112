"""Finds the columns of a table that each header text stands over."""

from collections.abc import Sequence
from itertools import pairwise

Span = tuple[float, float]
_SLACK = 2.0  # points
_EDGE = 3.5  # points: a closing bracket hangs over the edge of its column
_CENTRED = 3.0  # points: the largest distance between the middles of a header text and of its columns
_MIDDLE = 0.1  # of the width of all columns: how far a text over all of them may be from their middle
_MOST_COLUMNS = 40


def overlaps(one: Span, other: Span) -> bool:
    return min(one[1], other[1]) - max(one[0], other[0]) > 0


def columns_under(heads: Sequence[Span], values: Sequence[int], columns: Sequence[Span]) -> list[list[int]]:
    """Returns the columns of `values` under each header text: consecutive ones in whose middle or at whose edge
    the texts stand, else the same number under each if that fits, else those that it overlaps, else the nearest one.

    A header may be centred over a wide column whose values are at its left.
    """
    if len(heads) == 1:
        return [_under_only(heads[0], values, columns)]
    over = [[column for column in values if overlaps(head, columns[column])] for head in heads]
    divided: list[list[int]] = []
    if 1 < len(heads) < len(values) <= _MOST_COLUMNS:
        divided = (
            _at_edges(heads, values, columns, 1)
            or _centred(heads, values, columns)
            or _at_edges(heads, values, columns, 0)
            or _at_edges(heads, values, columns, 1, whole=False)
        )
        if not all(set(under) <= set(group) for under, group in zip(over, divided or over, strict=True)):
            divided = []
    even = _evenly(heads, values, columns)
    # A text over a single column may only seem to be in its middle.
    if divided and (not even or min(map(len, divided)) > 1):
        return divided
    nearest = ([_nearest(head, values, columns)] for head in heads)
    return even or [under or other for under, other in zip(over, nearest, strict=True)]


def _evenly(heads: Sequence[Span], values: Sequence[int], columns: Sequence[Span]) -> list[list[int]]:
    """Returns the same number of columns for each text; [] if the texts do not stand over them."""
    each, rest = divmod(len(values), max(len(heads), 1))
    groups = [list(values[at * each : (at + 1) * each]) for at in range(len(heads))] if each and not rest else []
    return groups if all(_fits(*pair, columns) for pair in zip(heads, groups, strict=False)) else []


def _under_only(head: Span, values: Sequence[int], columns: Sequence[Span]) -> list[int]:
    """Returns the columns under a single text: all if it is in their middle or at their edge, else the one that it
    stands within, else those in whose middle it is, else those that it overlaps.
    """
    left, right = columns[values[0]][0], columns[values[-1]][1]
    if abs(head[0] + head[1] - left - right) / 2 < max(_CENTRED, _MIDDLE * (right - left)):
        return list(values)
    inside = [
        value for value in values if columns[value][0] - _SLACK < head[0] and head[1] < columns[value][1] + _SLACK
    ]
    if inside:
        return inside[:1]
    if abs(head[0] - left) < _EDGE or abs(head[1] - right) < _EDGE:
        return list(values)
    over = [number for number, value in enumerate(values) if overlaps(head, columns[value])]
    if not over:
        return [_nearest(head, values, columns)]
    first, last = over[0], over[-1]
    runs = [(first, last), (first - 1, last), (first, last + 1)] if last > first else [(first, last)]
    start, end = min(
        (run for run in runs if run[0] >= 0 and run[1] < len(values)),
        key=lambda run: abs(columns[values[run[0]]][0] + columns[values[run[1]]][1] - head[0] - head[1]),
    )
    return list(values[start : end + 1])


def _centred(heads: Sequence[Span], values: Sequence[int], columns: Sequence[Span]) -> list[list[int]]:
    """Returns all columns, divided so that each text is in the middle of its part; [] if that is not possible."""
    ends: dict[int, tuple[float, list[int]]] = {0: (0.0, [0])}  # by the last column so far
    for head in heads:
        middle = sum(head) / 2
        longer: dict[int, tuple[float, list[int]]] = {}
        for start, (far, path) in ends.items():
            for end in range(start + 1, len(values) + 1):
                off = abs((columns[values[start]][0] + columns[values[end - 1]][1]) / 2 - middle)
                away = far + off
                if off < _CENTRED and (end not in longer or away < longer[end][0]):
                    longer[end] = (away, [*path, end])
        ends = longer
    if len(values) not in ends:
        return []
    return [list(values[start:end]) for start, end in pairwise(ends[len(values)][1])]


def _at_edges(
    heads: Sequence[Span], values: Sequence[int], columns: Sequence[Span], side: int, *, whole: bool = True
) -> list[list[int]]:
    """Returns the columns, divided where texts begin (side 0) or end (1) with columns; [] if they do not.

    No part is a single column: there the texts may be the first lines of the headers below them. Unless `whole`, the
    last columns may be without a text.
    """
    places = []
    for head in heads:
        at = [number for number, column in enumerate(values) if abs(columns[column][side] - head[side]) < _EDGE]
        if len(at) != 1:
            return []
        places.append(at[0] + side)
    bounds = [*places, len(values)] if side == 0 else [0, *places]
    complete = bounds[0] == 0 and (bounds[-1] == len(values) or not whole)
    if not complete or any(end - start < 2 for start, end in pairwise(bounds)):
        return []
    return [list(values[start:end]) for start, end in pairwise(bounds)]


def _nearest(head: Span, values: Sequence[int], columns: Sequence[Span]) -> int:
    """Returns the column whose middle is nearest to that of the header text."""
    return min(values, key=lambda column: abs(sum(columns[column]) - sum(head)))


def _fits(head: Span, group: Sequence[int], columns: Sequence[Span]) -> bool:
    middle = (head[0] + head[1]) / 2
    left, right = columns[group[0]][0], columns[group[-1]][1]
    slack = 0.5 * (right - left) / len(group) + _SLACK
    return left - slack < middle < right + slack
