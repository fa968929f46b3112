"""Figures of a PDF: renders the parts of its pages that pictures cover.

The stored pictures are not used, because one may be rotated, masked, cut into strips, or have labels drawn over it.
"""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box
from citewell.ingestion.figures import SECONDS
from citewell.ingestion.figures.album import LONGEST_SIDE, Album
from citewell.ingestion.parsing.limits import ParseLimits

_MAX_OBJECTS = 300  # of a page
_TOUCHING = 2.0  # points between the strips of one picture
_SMALLEST = 36.0  # points of the shorter side: half an inch
_WHOLE = 0.85  # of the page: a scan, or its background
_DOTS_PER_POINT = 200 / 72


def take_pdf(path: Path, album: Album, limits: ParseLimits) -> None:
    until = time.monotonic() + SECONDS * 0.8
    document = pdfium.PdfDocument(path)
    for number in range(min(len(document), limits.max_pages)):
        if album.is_full or time.monotonic() > until:
            return
        try:
            page = document[number]
            for box in _pictures(page):
                _draw(page, box, number + 1, album)
            page.close()
        except (pdfium.PdfiumError, MemoryError):
            continue  # the other pages are still read


def _pictures(page: pdfium.PdfPage) -> Iterator[Box]:
    """Yields the boxes of pictures in PDF coordinates: (left, bottom, right, top), from the bottom left corner."""
    width, height = page.get_size()
    whole = _WHOLE * width * height
    objects = page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)
    boxes = [item.get_bounds() for item in islice(objects, _MAX_OBJECTS)]
    for left, bottom, right, top in _joined(boxes):
        box = max(left, 0.0), max(bottom, 0.0), min(right, width), min(top, height)
        wide, high = box[2] - box[0], box[3] - box[1]
        if min(wide, high) >= _SMALLEST and wide * high < whole:
            yield box


def _joined(boxes: list[Box]) -> list[Box]:
    """Merges boxes that touch each other, until none do."""
    joined: list[Box] = []
    for box in boxes:
        while touching := next((other for other in joined if _touch(box, other)), None):
            joined.remove(touching)
            box = (
                min(box[0], touching[0]),
                min(box[1], touching[1]),
                max(box[2], touching[2]),
                max(box[3], touching[3]),
            )
        joined.append(box)
    return sorted(joined, key=lambda box: (-box[3], box[0]))


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] - _TOUCHING <= other[2]
        and other[0] - _TOUCHING <= one[2]
        and one[1] - _TOUCHING <= other[3]
        and other[1] - _TOUCHING <= one[3]
    )


def _draw(page: pdfium.PdfPage, box: Box, number: int, album: Album) -> None:
    width, height = page.get_size()
    left, bottom, right, top = box
    scale = min(_DOTS_PER_POINT, LONGEST_SIDE / max(right - left, top - bottom))
    bitmap = page.render(scale=scale, crop=(left, bottom, width - right, height - top))
    image = bitmap.to_pil()
    if album.wants(*image.size):
        album.add(image.convert("RGB"), page=number, bbox=(left, height - top, right, height - bottom))
    bitmap.close()
