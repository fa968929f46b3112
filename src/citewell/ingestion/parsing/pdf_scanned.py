"""Pages of a PDF that are only pictures: rendered, and their text recognised."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.recognition import MISSING, RecognisedPage, recognise

_FEW_LETTERS = 40  # a stamp or a page number on a scanned page, not its text
_LARGE = 0.4  # of the page: a picture that may be the page
_MAX_OBJECTS = 200  # that are looked at
_DOTS_PER_POINT = 300 / 72
_MAX_PIXELS = 20_000_000
_AT_ONCE = min(max((os.cpu_count() or 2) // 2, 1), 4)


def is_scanned(page: pdfium.PdfPage, words: Sequence[Word]) -> bool:
    """True if what the page shows has hardly any text: it has a large picture, or drawings and no text at all."""
    letters = sum(char.isalnum() for word in words for char in word.text)
    if letters >= _FEW_LETTERS:
        return False
    area = page.get_width() * page.get_height()
    seen = False
    for item in islice(page.get_objects(max_depth=3), _MAX_OBJECTS):
        seen = True
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            if (right - left) * (top - bottom) > _LARGE * area:
                return True
    return seen and not letters


def recognised_pages(
    document: pdfium.PdfDocument, numbers: Sequence[int], limits: ParseLimits
) -> Iterator[tuple[int, list[Word]]]:
    """Numbers of pages (from 0) with the words on them, boxes in points. Raises ParseFailed without tesseract."""
    if numbers and programs.tesseract() is None:
        raise ParseFailed("no_recognition", MISSING)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for start in range(0, len(numbers), _AT_ONCE):
            group = numbers[start : start + _AT_ONCE]
            # Rendered one by one, as PDFium can do no more; recognised side by side.
            scales = [_render(document, number) for number in group]
            found = pool.map(lambda number: _words(number, limits), group)
            for number, scale, words in zip(group, scales, found, strict=True):
                yield number, [_scaled(word, scale) for word in words]


def _picture(number: int) -> Path:
    return Path.cwd() / f"page-{number}.pgm"


def _render(document: pdfium.PdfDocument, number: int) -> float:
    """Write the page as a grey picture; pixels per point."""
    page = document[number]
    width, height = page.get_size()
    scale: float = min(_DOTS_PER_POINT, (_MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    pixels = bitmap.to_numpy()
    with _picture(number).open("wb") as file:
        file.write(b"P5 %d %d 255\n" % (bitmap.width, bitmap.height))
        file.write(pixels.reshape(bitmap.height, -1)[:, : bitmap.width].tobytes())
    bitmap.close()
    page.close()
    return scale


def _words(number: int, limits: ParseLimits) -> list[Word]:
    """None for a page that can't be recognised: it is only one of them."""
    try:
        pages: list[RecognisedPage] = recognise(_picture(number), limits)
    except ParseFailed:
        return []
    finally:
        _picture(number).unlink()
    return [word for page in pages for word in page.words]


def _scaled(word: Word, scale: float) -> Word:
    left, top, right, bottom = (edge / scale for edge in word.box)
    return replace(word, left=left, top=top, right=right, bottom=bottom, size=word.size / scale)
