"""Characters of a PDF page as words: text, box, font size and weight. Boxes are in points from the page's top left."""

import ctypes
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box

_GAP = 0.28  # of the font size: a wider gap between characters ends a word
_NAME_BYTES = 128
_BOLD = ("bold", "black", "heavy", "semibold", "demi")


@dataclass(slots=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool

    @property
    def box(self) -> Box:
        return (self.left, self.top, self.right, self.bottom)


def page_words(page: pdfium.PdfPage) -> list[Word]:
    """The words in the order in which the file holds them."""
    text_page = page.get_textpage()
    try:
        return _Reader(page, text_page).words()
    finally:
        text_page.close()


class _Reader:
    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> None:
        self._text = text_page.raw
        self._count = text_page.count_chars()
        self._rotation = page.get_rotation()
        left, bottom, right, top = page.get_bbox()
        self._left, self._bottom = left, bottom
        self._width, self._height = right - left, top - bottom
        self._fonts: dict[tuple[bytes, int], bool] = {}

    def words(self) -> list[Word]:
        words: list[Word] = []
        current: list[str] = []
        first = 0
        box = (0.0, 0.0, 0.0, 0.0)
        rect = raw.FS_RECTF()
        reference = ctypes.byref(rect)
        for index in range(self._count):
            code = raw.FPDFText_GetUnicode(self._text, index)
            char = _char(code)
            if not char or char.isspace():
                if current:
                    words.append(self._word(current, box, first))
                    current = []
                continue
            raw.FPDFText_GetLooseCharBox(self._text, index, reference)
            new = self._view(rect.left, rect.bottom, rect.right, rect.top)
            if current and not _adjoins(box, new):
                words.append(self._word(current, box, first))
                current = []
            if not current:
                first, box = index, new
            else:
                box = (min(box[0], new[0]), min(box[1], new[1]), max(box[2], new[2]), max(box[3], new[3]))
            current.append(char)
        if current:
            words.append(self._word(current, box, first))
        return words

    def _word(self, chars: list[str], box: Box, index: int) -> Word:
        return Word("".join(chars), *box, size=box[3] - box[1], bold=self._is_bold(index))

    def _is_bold(self, index: int) -> bool:
        if raw.FPDFText_GetFontWeight(self._text, index) >= 600:
            return True
        name = ctypes.create_string_buffer(_NAME_BYTES)
        flags = ctypes.c_int()
        raw.FPDFText_GetFontInfo(self._text, index, name, _NAME_BYTES, ctypes.byref(flags))
        key = (name.value, flags.value)
        if key not in self._fonts:
            lower = key[0].decode(errors="ignore").lower()
            self._fonts[key] = any(part in lower for part in _BOLD)
        return self._fonts[key]

    def _view(self, left: float, bottom: float, right: float, top: float) -> Box:
        """From the page's own space to the page as it is shown, from its top left."""
        left, right = left - self._left, right - self._left
        bottom, top = bottom - self._bottom, top - self._bottom
        if self._rotation == 90:
            return (bottom, left, top, right)
        if self._rotation == 180:
            return (self._width - right, bottom, self._width - left, top)
        if self._rotation == 270:
            return (self._height - top, self._width - right, self._height - bottom, self._width - left)
        return (left, self._height - top, right, self._height - bottom)


def _char(code: int) -> str:
    if code == 2:  # how PDFium tells of a hyphen at the end of a line
        return "-"
    if code < 32 or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return ""
    return chr(code)


def _adjoins(box: Box, new: Box) -> bool:
    """True if a character goes on with the word in `box`: on the same line, without a gap."""
    size = max(new[3] - new[1], 1.0)
    overlap = min(box[3], new[3]) - max(box[1], new[1])
    if overlap < 0.4 * min(size, box[3] - box[1]):
        return False
    return -size < new[0] - box[2] < _GAP * size
