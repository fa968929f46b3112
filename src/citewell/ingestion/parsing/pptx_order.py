"""Sorts the shapes of a slide into reading order by the gaps between them, like an X-Y cut of a page."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml.etree import _Element as Element

_SLACK = 0.1  # of the smaller side of two shapes: as far as they may lie over each other and still be apart
_DEEPEST = 50
_ALIKE = 0.9  # of the widest gap: others that are cut with it

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placed:
    """A shape with its place on the slide: left, top, right, bottom. `kind` is that of a placeholder, else None."""

    element: Element
    box: Box | None
    kind: str | None = None


def in_reading_order(shapes: Sequence[Placed]) -> list[Placed]:
    """Sorts from top to bottom, columns from left to right.

    A shape without a position stays behind the one before it.
    """
    groups: list[list[Placed]] = []
    lead: list[Placed] = []
    for shape in shapes:
        if shape.box is not None:
            groups.append([shape])
        elif groups:
            groups[-1].append(shape)
        else:
            lead.append(shape)
    ordered = _cut([(group[0].box or (0, 0, 0, 0), number) for number, group in enumerate(groups)], 0)
    return lead + [shape for number in ordered for shape in groups[number]]


def _cut(boxes: list[tuple[Box, int]], depth: int) -> list[int]:
    if len(boxes) < 2 or depth > _DEEPEST:
        return [number for _, number in sorted(boxes, key=lambda one: (one[0][1], one[0][0]))]
    rows, row_gap = _split(boxes, _height)
    columns, column_gap = _split(boxes, _width)
    if len(rows) > 1 and (len(columns) < 2 or row_gap >= column_gap):
        parts = _at_widest(rows, _height)
    elif len(columns) > 1:
        parts = _at_widest(columns, _width)
    else:
        return [number for _, number in sorted(boxes, key=lambda one: (round(one[0][1], -4), one[0][0]))]
    return [number for part in parts for number in _cut(part, depth + 1)]


def _height(box: Box) -> tuple[float, float]:
    return box[1], box[3]


def _width(box: Box) -> tuple[float, float]:
    return box[0], box[2]


def _at_widest(
    groups: list[list[tuple[Box, int]]], span: Callable[[Box], tuple[float, float]]
) -> list[list[tuple[Box, int]]]:
    """The groups, joined where the gap between them is not about the widest: narrower ones are cut later."""
    ends = itertools.accumulate((max(span(box)[1] for box, _ in group) for group in groups), max)
    gaps = [min(span(box)[0] for box, _ in group) - end for group, end in zip(groups[1:], ends, strict=False)]
    widest = max(gaps)
    joined = [list(groups[0])]
    for gap, group in zip(gaps, groups[1:], strict=True):
        if gap < min(_ALIKE * widest, widest):
            joined[-1] += group
        else:
            joined.append(list(group))
    return joined


def _split(
    boxes: list[tuple[Box, int]], span: Callable[[Box], tuple[float, float]]
) -> tuple[list[list[tuple[Box, int]]], float]:
    """Groups that do not reach over each other in one direction, and the widest gap between them."""
    ordered = sorted(boxes, key=lambda one: span(one[0]))
    groups = [[ordered[0]]]
    end = span(ordered[0][0])[1]
    widest = 0.0
    for one in ordered[1:]:
        begin, stop = span(one[0])
        last = span(groups[-1][-1][0])
        slack = _SLACK * min(stop - begin, last[1] - last[0])
        if begin >= end - slack:
            widest = max(widest, begin - end)
            groups.append([])
        groups[-1].append(one)
        end = max(end, stop)
    return groups, widest
