"""Text of a PDF page that nobody sees: white, or without ink, on an area of one shade."""

from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from citewell.ingestion.parsing.pdf_text import Word

_EVEN = 12  # of 255: shades that nobody tells apart
_MOST_PIXELS = 4_000_000
_LEAST_SCALE = 0.4  # pixels a point: below that small letters are no more than noise
_MOST_OBJECTS = 2000  # that are looked at


def without_unseen(page: pdfium.PdfPage, words: Sequence[Word]) -> list[Word]:
    """The words without those that leave no trace on the page as it is shown.

    On a page with pictures, text without ink stays: it is what somebody recognised there before.
    """
    if not any(word.ink != "shown" for word in words):
        return list(words)
    width, height = page.get_size()
    scale = min(1.0, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    judged = {"white"} if _has_pictures(page) else {"white", "none"}
    if scale < _LEAST_SCALE or not any(word.ink in judged for word in words):
        return list(words)
    bitmap = page.render(scale=scale, grayscale=True)
    picture = bitmap.to_pil().convert("L")
    bitmap.close()
    return [word for word in words if word.ink not in judged or not _is_even(picture, word, scale)]


def _has_pictures(page: pdfium.PdfPage) -> bool:
    kinds = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
    count = raw.FPDFPage_CountObjects(page)
    return count > _MOST_OBJECTS or any(
        raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, index)) in kinds for index in range(count)
    )


def _is_even(picture: Image.Image, word: Word, scale: float) -> bool:
    """Whether all of the word's box has one shade."""
    left, top = (max(int(at * scale), 0) for at in (word.left, word.top))
    right, bottom = (int(at * scale) + 1 for at in (word.right, word.bottom))
    box = (left, top, min(right, picture.width), min(bottom, picture.height))
    if box[2] <= box[0] or box[3] <= box[1]:
        return False
    low, high = picture.crop(box).getextrema()
    return float(high) - float(low) <= _EVEN  # type: ignore[arg-type]
