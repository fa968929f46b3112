"""Renders the pages and pictures of a PDF that have visible text only, and recognises the text."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.orientation import most_frequent_shade
from citewell.ingestion.parsing.pdf_text import PageSpace, Word
from citewell.ingestion.parsing.pictures import is_text, may_hold_text
from citewell.ingestion.parsing.recognition import MISSING, Reading, recognise_all
from citewell.ingestion.parsing.turning import Turn

_PAGE = 0.4  # share of the page under pictures from which these may be a scan of it
_SPARSE = 0.06  # share of a picture under real text: if less, the text is a stamp on it and not its text
_FEW_LETTERS = 40
_LEAST_FIGURE = 0.02  # of the page: smaller pictures are not recognised
_LEAST_WIDTH, _LEAST_HEIGHT = 100.0, 20.0  # points: smaller pictures are not recognised
_MOST_FIGURES = 60  # pictures of a document that are recognised
_MAX_OBJECTS = 200  # objects of a page that are examined
_GRID = 40  # cells on each side, to add up the area of overlapping pictures
_UNMAPPED = 0.3  # share of words whose font does not map its glyphs to characters, from which a page is recognised
_DOTS_PER_POINT = 300 / 72
_ENOUGH, _LEAST = 195 / 72, 240 / 72  # pixels per point: a scan with about 200 dpi gains nothing from 300
_MOSTLY = 0.7  # of the page
_LOOK = 0.7  # pixels per point, to tell text from photographs
_MAX_PIXELS = 20_000_000
_RUN = 5  # pictures for each run of tesseract
_AT_ONCE = min(max((os.cpu_count() or 2) // 2, 1), 4)


@dataclass
class Seen:
    """The parts of a page to recognise: all except the boxes of its own words in `known`, or the pictures only.

    `unmapped` says that the page has text whose font does not map its glyphs to characters. `dots` are the pixels per
    point of the picture that fills the page.
    """

    whole: bool = False
    figures: list[Box] = field(default_factory=list)
    unmapped: bool = False
    known: list[Box] = field(default_factory=list)
    dots: float = 0.0


def look_at(page: pdfium.PdfPage, words: Sequence[Word]) -> Seen:
    """Decides what to recognise, by the area of pictures on the page and the text on them."""
    unmapped = sum(not word.mapped for word in words)
    if unmapped > max(_UNMAPPED * len(words), 3):
        return Seen(whole=True, unmapped=True)
    found = _pictures(page)
    pictures, dots = found.boxes, found.dots
    if not words:
        return Seen(whole=found.drawn, dots=dots)
    width, height = page.get_size()
    on_page = _covered(pictures, width, height)
    if on_page > _PAGE and _text_share(words, (0.0, 0.0, width, height)) < _SPARSE * on_page:
        letters = sum(char.isalnum() for word in words for char in word.text)
        if found.has_layer and letters >= _FEW_LETTERS:
            return Seen()
        if letters < _FEW_LETTERS or may_hold_text(_rendered(page, _LOOK)):
            return Seen(whole=True, known=[word.box for word in words], dots=dots)
    figures = [box for box in pictures if _is_figure(page, box, words)]
    return Seen(figures=figures)


@dataclass
class _Pictures:
    """The pictures on a page.

    `dots` are the pixels per point of one that covers most of the page, 0 without one. `has_layer` says that most text
    is invisible, or below such a picture: the page has been recognised before.
    """

    boxes: list[Box] = field(default_factory=list)
    drawn: bool = False
    dots: float = 0.0
    has_layer: bool = False


def _pictures(page: pdfium.PdfPage) -> _Pictures:
    space = PageSpace(page)
    found = _Pictures()
    width, height = page.get_size()
    hidden = shown = 0  # pieces of text
    for item in islice(page.get_objects(max_depth=3), _MAX_OBJECTS):
        found.drawn = True
        if item.type == raw.FPDF_PAGEOBJ_TEXT:
            invisible = raw.FPDFTextObj_GetTextRenderMode(item.raw) == raw.FPDF_TEXTRENDERMODE_INVISIBLE
            hidden, shown = hidden + invisible, shown + (not invisible)
        elif item.type == raw.FPDF_PAGEOBJ_IMAGE:
            box = space.shown(*item.get_bounds())
            found.boxes.append(box)
            area = (box[2] - box[0]) * (box[3] - box[1])
            if area > _MOSTLY * width * height:
                across, down = item.get_px_size()
                found.dots = max(found.dots, (across * down / area) ** 0.5)
                hidden, shown = hidden + shown, 0
    found.has_layer = hidden > shown
    return found


def _covered(boxes: Sequence[Box], width: float, height: float) -> float:
    """Returns the share of the page under the boxes, which may overlap or be strips of one picture."""
    cells: set[tuple[int, int]] = set()
    for left, top, right, bottom in boxes:
        rows = range(max(round(top / height * _GRID), 0), min(round(bottom / height * _GRID), _GRID))
        columns = range(max(round(left / width * _GRID), 0), min(round(right / width * _GRID), _GRID))
        cells.update((row, column) for row in rows for column in columns)
    return len(cells) / _GRID**2


def _text_share(words: Sequence[Word], box: Box) -> float:
    """Returns the share of the box under words."""
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
    inside = [word for word in words if _holds(box, word.box)]
    return sum((word.right - word.left) * (word.bottom - word.top) for word in inside) / area


def _holds(box: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _is_figure(page: pdfium.PdfPage, box: Box, words: Sequence[Word]) -> bool:
    width, height = page.get_size()
    wide, high = box[2] - box[0], box[3] - box[1]
    if wide < _LEAST_WIDTH or high < _LEAST_HEIGHT or wide * high < _LEAST_FIGURE * width * height:
        return False
    return _text_share(words, box) < _SPARSE and may_hold_text(_rendered(page, _LOOK, box))


@dataclass
class Recognised:
    """The recognised words of a page or of one of its pictures, in points, in coordinates in which they are upright.

    `box` is the picture's on the page, None for a whole page.
    """

    page: int
    words: list[Word]
    turn: Turn
    reading: Reading
    box: Box | None = None


def recognised_pages(document: pdfium.PdfDocument, seen: Sequence[Seen], limits: ParseLimits) -> Iterator[Recognised]:
    """Yields what is recognised on the pages (numbers from 0). Raises ParseFailed without tesseract."""
    tasks: list[tuple[int, Box | None]] = [(number, None) for number, page in enumerate(seen) if page.whole]
    tasks += [(number, box) for number, page in enumerate(seen) for box in page.figures][:_MOST_FIGURES]
    if tasks and programs.tesseract() is None:
        raise ParseFailed("no_recognition", MISSING)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for start in range(0, len(tasks), _AT_ONCE * _RUN):
            # PDFium can only render one after the other. They are recognised concurrently, several in each run.
            drawn = [
                _draw(document, number, box, seen[number]) for number, box in tasks[start : start + _AT_ONCE * _RUN]
            ]
            runs = [drawn[at : at + _RUN] for at in range(0, len(drawn), _RUN)]
            found = [reading for readings in pool.map(lambda run: _readings(run, limits), runs) for reading in readings]
            for (number, box), one, reading in zip(tasks[start:], drawn, found, strict=False):
                if reading is not None:
                    yield _in_points(number, box, one.size, reading)


@dataclass(frozen=True)
class _Drawn:
    """The picture of a page, or of a figure on it. Its size is in points."""

    picture: Image.Image
    size: tuple[float, float]
    is_figure: bool


def _draw(document: pdfium.PdfDocument, number: int, box: Box | None, seen: Seen) -> _Drawn:
    """Renders a page or figure. The page's own words are painted over: a stamp may be upright on a rotated page."""
    page = document[number]
    left, top, right, bottom = box or (0.0, 0.0, *page.get_size())
    dots = min(max(seen.dots, _LEAST), _DOTS_PER_POINT) if seen.dots >= _ENOUGH and box is None else _DOTS_PER_POINT
    scale = min(dots, (_MAX_PIXELS / max((right - left) * (bottom - top), 1.0)) ** 0.5)
    picture = _rendered(page, scale, box)
    page.close()
    ground = most_frequent_shade(picture)
    for words in seen.known if box is None else ():
        picture.paste(ground, tuple(round(edge * scale) for edge in words))
    return _Drawn(picture, (right - left, bottom - top), box is not None)


def _rendered(page: pdfium.PdfPage, scale: float, box: Box | None = None) -> Image.Image:
    """Renders the page, or a box of it, in grey."""
    width, height = page.get_size()
    left, top, right, bottom = box or (0.0, 0.0, width, height)
    crop = (max(left, 0.0), max(height - bottom, 0.0), max(width - right, 0.0), max(top, 0.0))
    bitmap = page.render(scale=scale, crop=crop, grayscale=True)
    picture: Image.Image = bitmap.to_pil().convert("L")
    bitmap.close()
    return picture


def _readings(drawn: Sequence[_Drawn], limits: ParseLimits) -> list[Reading | None]:
    """Recognises the pictures. Returns None for one that cannot be recognised, and for a figure without text."""
    wanted = [one for one in drawn if not one.is_figure or may_hold_text(one.picture)]
    found = dict(zip(map(id, wanted), recognise_all([one.picture for one in wanted], limits), strict=True))
    readings = [(one, found.get(id(one))) for one in drawn]
    return [None if one.is_figure and not is_text(reading) else reading for one, reading in readings]


def _in_points(number: int, box: Box | None, size: tuple[float, float], reading: Reading) -> Recognised:
    pixels = max(reading.turn.page[0] / max(size[0], 1.0), 0.01)
    words = []
    for word in reading.words:
        left, top, right, bottom = (edge / pixels for edge in word.box)
        words.append(replace(word, left=left, top=top, right=right, bottom=bottom, size=word.size / pixels))
    here, there = ((side[0] / pixels, side[1] / pixels) for side in (reading.turn.page, reading.turn.reading))
    return Recognised(number, words, Turn(reading.turn.angle, here, there), reading, box)
