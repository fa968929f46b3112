"""Text of a PDF page that nobody sees, on an area of one shade: white, without ink, below a dark bar, or in a layer
that is switched off.
"""

from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_text import Word

_EVEN = 12  # of 255: shades that nobody tells apart
_MOST_PIXELS = 4_000_000
_LEAST_SCALE = 0.4  # pixels a point: below that small letters are no more than noise
_INSET = 0.3  # of the height of a word
_MOST_OBJECTS = 2000  # that are looked at


def without_unseen(page: pdfium.PdfPage, words: Sequence[Word], bars: Sequence[Box] = ()) -> list[Word]:
    """Returns the words that leave a trace on the page as it is shown. Dark `bars` may hide the words in them.

    On a page with pictures, text without ink stays: it is what somebody recognised there before.
    """
    barred = {id(word) for word in words if any(_holds(bar, word) for bar in bars)} if bars else set[int]()
    if not barred and not any(word.ink != "shown" for word in words):
        return list(words)
    width, height = page.get_size()
    scale = min(1.0, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    judged = {"white", "layer"} if _has_pictures(page) else {"white", "layer", "none"}
    if scale < _LEAST_SCALE or not (barred or any(word.ink in judged for word in words)):
        return list(words)
    bitmap = page.render(scale=scale, grayscale=True)
    picture = bitmap.to_pil().convert("L")
    bitmap.close()
    return [
        word
        for word in words
        if not (word.ink in judged and _is_even(picture, word.box, scale))
        and not (id(word) in barred and _is_even(picture, _core(word), scale))
    ]


def _holds(bar: Box, word: Word) -> bool:
    left, top, right, bottom = bar
    across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return left <= across <= right and top <= down <= bottom


def _core(word: Word) -> Box:
    """Returns the middle of the word's box: bars are often no higher than small letters."""
    inset = _INSET * (word.bottom - word.top)
    return (word.left, word.top + inset, word.right, word.bottom - inset)


def _has_pictures(page: pdfium.PdfPage) -> bool:
    kinds = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
    count = raw.FPDFPage_CountObjects(page)
    return count > _MOST_OBJECTS or any(
        raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, index)) in kinds for index in range(count)
    )


def _is_even(picture: Image.Image, part: Box, scale: float) -> bool:
    """Whether all of a part of the page has one shade."""
    left, top = (max(int(at * scale), 0) for at in part[:2])
    right, bottom = (int(at * scale) + 1 for at in part[2:])
    box = (left, top, min(right, picture.width), min(bottom, picture.height))
    if box[2] <= box[0] or box[3] <= box[1]:
        return False
    low, high = picture.crop(box).getextrema()
    return float(high) - float(low) <= _EVEN  # type: ignore[arg-type]
