"""Finds the straight lines and dots that a PDF page draws, including those in form XObjects."""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, repeat

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_text import PageSpace

_THICKEST = 2.5  # points: a wider area is a background
_SHORTEST = 6.0  # points: a shorter line is no ruling line
_MAX_CORNERS = 4000  # a page with more is a drawing
_MAX_OBJECTS = 300_000  # that are read
_SMALLEST_DOT, _LARGEST_DOT, _ROUND = 1.0, 9.0, 1.4  # points, and how much wider than high, or higher than wide
_MAX_DOTS = 500  # a page with more is a drawing
_MAX_AREAS = 40  # a page with more is a table or a drawing
_MAX_BARS = 200  # a page with more is a drawing
_DARK, _OPAQUE = 80, 255  # of 255
_LEAST_WIDE, _LEAST_HIGH = 60.0, 30.0  # points
_DEEPEST = 3  # form XObjects in form XObjects
_Matrix = tuple[float, float, float, float, float, float]
_Path = tuple[object, _Matrix, bool]


@dataclass(frozen=True)
class Drawn:
    """What is drawn on a page. Coordinates are those of the page as it is shown.

    `lines` are straight, as boxes without width or height. `dots` may be bullets. `areas` are boxes of rectangles that
    may contain text, `bars` those of dark rectangles that may hide text.
    """

    lines: list[Box] = field(default_factory=list)
    dots: list[Box] = field(default_factory=list)
    areas: list[Box] = field(default_factory=list)
    bars: list[Box] = field(default_factory=list)


def drawn_on(page: pdfium.PdfPage) -> Drawn:
    """Returns the lines, dots and areas of a page. Drawings, on the page or in form XObjects, are left out."""
    space = PageSpace(page)
    found: dict[bool, list[Box]] = {False: [], True: []}
    corners = {False: 0, True: 0}
    dots: list[Box] = []
    areas: set[Box] = set()
    bars: list[Box] = []
    fill = _Fill()
    for path, (a, b, c, d, e, f), in_form in _Paths().of_page(page):
        if corners[in_form] >= _MAX_CORNERS:
            continue
        points = [(a * x + c * y + e, b * x + d * y + f) for x, y in _points(path, _MAX_CORNERS - corners[in_form])]
        corners[in_form] += len(points)
        if _is_stroked(path):
            found[in_form] += _segments(points)
        elif thin := _thin(points):
            found[in_form] += _segments(thin)
        elif not in_form and len(bars) <= _MAX_BARS and 4 <= len(points) <= 6 and fill.is_dark(path):
            bars.append(_bounds(points))
        if not in_form and len(areas) <= _MAX_AREAS and (area := _rectangle(points)) is not None:
            areas.add(area)
        if not in_form and len(dots) <= _MAX_DOTS and (dot := _dot(path)) is not None:
            dots.append(dot)
    lines = [space.shown(*line) for kind, lines in found.items() if corners[kind] < _MAX_CORNERS for line in lines]
    return Drawn(
        lines,
        [space.shown(*dot) for dot in dots] if len(dots) <= _MAX_DOTS else [],
        [space.shown(*area) for area in areas] if len(areas) <= _MAX_AREAS else [],
        [space.shown(*bar) for bar in bars] if len(bars) <= _MAX_BARS else [],
    )


class _Fill:
    """Reads the colours of paths into variables that it keeps: a page has hundreds."""

    def __init__(self) -> None:
        self._parts = [ctypes.c_uint() for _ in range(4)]
        self._references = [ctypes.byref(part) for part in self._parts]

    def is_dark(self, path: object) -> bool:
        """Whether the path is filled with an opaque dark colour."""
        if not raw.FPDFPageObj_GetFillColor(path, *self._references):
            return False
        red, green, blue, alpha = self._parts
        return red.value < _DARK and green.value < _DARK and blue.value < _DARK and alpha.value == _OPAQUE


def _bounds(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


def _rectangle(points: Sequence[tuple[float, float]]) -> Box | None:
    """The box of corners that make a rectangle large enough for lines of text; None of others."""
    if not 4 <= len(points) <= 6:
        return None
    xs, ys = {round(x) for x, _ in points}, {round(y) for _, y in points}
    if len(xs) != 2 or len(ys) != 2 or max(xs) - min(xs) < _LEAST_WIDE or max(ys) - min(ys) < _LEAST_HIGH:
        return None
    return (float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys)))


def _dot(path: object) -> Box | None:
    """Returns the box of a small shape that is about as wide as high; None for other shapes."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(path, *map(ctypes.byref, (left, bottom, right, top))):
        return None
    width, height = right.value - left.value, top.value - bottom.value
    fits = min(width, height) > _SMALLEST_DOT and max(width, height) < _LARGEST_DOT
    is_round = max(width, height) < _ROUND * min(width, height)
    return (left.value, bottom.value, right.value, top.value) if fits and is_round else None


def _segments(points: Sequence[tuple[float, float]]) -> Iterator[Box]:
    """Yields the straight lines in PDF coordinates: (left, bottom, right, top)."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 0.5 and abs(y0 - y1) >= _SHORTEST:
            yield (x0, min(y0, y1), x0, max(y0, y1))
        elif abs(y0 - y1) < 0.5 and abs(x0 - x1) >= _SHORTEST:
            yield (min(x0, x1), y0, max(x0, x1), y0)


class _Paths:
    """The paths of a page: each with its matrix to the page, and whether it is in a form XObject.

    It uses PDFium's raw functions, because pages have thousands of other objects, and a form may be painted many times.
    """

    def __init__(self) -> None:
        self._left = _MAX_OBJECTS

    def of_page(self, page: pdfium.PdfPage) -> Iterator[_Path]:
        handle = page.raw
        objects = map(raw.FPDFPage_GetObject, repeat(handle), range(raw.FPDFPage_CountObjects(handle)))
        yield from self._paths_in(objects, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), _DEEPEST)

    def _paths_in(self, objects: Iterable[object], outer: _Matrix, depth: int) -> Iterator[_Path]:
        own = raw.FS_MATRIX()
        path, form, kind_of = raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM, raw.FPDFPageObj_GetType
        for item in objects:
            self._left -= 1
            if self._left < 0:
                return
            kind = kind_of(item)
            if kind != path and kind != form:
                continue
            if not raw.FPDFPageObj_GetMatrix(item, ctypes.byref(own)):
                continue
            matrix = _product((own.a, own.b, own.c, own.d, own.e, own.f), outer)
            if kind == path:
                yield item, matrix, depth < _DEEPEST
            elif depth:
                count = raw.FPDFFormObj_CountObjects(item)
                yield from self._paths_in(
                    (raw.FPDFFormObj_GetObject(item, at) for at in range(count)), matrix, depth - 1
                )


def _product(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = then
    (along_x, along_y), (across_x, across_y) = first[:2], first[2:4]
    return (
        along_x * a + along_y * c,
        along_x * b + along_y * d,
        across_x * a + across_y * c,
        across_x * b + across_y * d,
        first[4] * a + first[5] * c + e,
        first[4] * b + first[5] * d + f,
    )


def _is_stroked(path: object) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(stroke.value)


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns the line for a filled area that is as thin as a line; [] for wider areas, which are backgrounds."""
    if not points:
        return []
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if width <= _THICKEST:
        return [((min(xs) + max(xs)) / 2, min(ys)), ((min(xs) + max(xs)) / 2, max(ys))]
    if height <= _THICKEST:
        return [(min(xs), (min(ys) + max(ys)) / 2), (max(xs), (min(ys) + max(ys)) / 2)]
    return []


def _points(path: object, most: int) -> list[tuple[float, float]]:
    """Returns the path's corners in its own coordinates. A closed path ends where it begins; curves are left out."""
    count = raw.FPDFPath_CountSegments(path)
    if count > most:
        count = max(most, 0)
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_BEZIERTO:
            return []
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        points.append((x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment) and points:
            points.append(points[0])
    return points
