"""Characters of a PDF page as words: text, box, font size and weight. Boxes are in points from the page's top left."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box

_GAP = 0.28  # of the font size: a wider gap between characters ends a word
_WIDEST = 0.85  # of the font size: characters wider than that on average hide a gap
_NAME_BYTES = 128
_BOLD = ("bold", "black", "heavy", "semibold", "demi")
# PDFium stands U+FFFE for the hyphen of a word that was divided at the end of a line.
_DIVIDED = "\ufffe"
_RUN = re.compile(f"[^\\s\x00-\x1f\ud800-\udfff\uffff{_DIVIDED}]+{_DIVIDED}?|{_DIVIDED}")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_WRITTEN = {**_LIGATURES, ord(_DIVIDED): "-", 0xAD: "-"}


@dataclass(slots=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    turned: bool = False  # it runs up or down the page
    confidence: float | None = None  # from 0 to 1, if it was read from a picture

    @property
    def box(self) -> Box:
        return (self.left, self.top, self.right, self.bottom)


def page_words(page: pdfium.PdfPage) -> list[Word]:
    """The words in the order in which the file holds them."""
    text_page = page.get_textpage()
    try:
        return list(_Reader(page, text_page).words())
    finally:
        text_page.close()


class _Reader:
    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> None:
        self._text = text_page.raw
        self._count = text_page.count_chars()
        self._rotation = page.get_rotation()
        self._left, self._bottom, right, top = page.get_bbox()
        self._width, self._height = right - self._left, top - self._bottom
        self._fonts: dict[tuple[bytes, int], bool] = {}
        self._rect = raw.FS_RECTF()
        self._reference = ctypes.byref(self._rect)
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        self._flags = ctypes.c_int()

    def words(self) -> Iterator[Word]:
        for run in _RUN.finditer(self._characters()):
            first, last = run.start(), run.end() - 1
            start, end = self._box(first), self._box(last)
            turned = self._is_turned(first)
            if turned or _is_one_word(start, end, run.end() - run.start()):
                yield self._word(run.group(), _union(start, end), first, turned)
            else:
                yield from self._divided(run.group(), first)

    def _characters(self) -> str:
        """One character for each of the page's, at its index."""
        buffer = (ctypes.c_ushort * (self._count + 1))()
        written = raw.FPDFText_GetText(self._text, 0, self._count, buffer) - 1
        if written == self._count:
            return "".join(map(chr, buffer[:written]))
        # Some have no text, or are outside the basic plane: slower, one by one.
        codes = (raw.FPDFText_GetUnicode(self._text, index) for index in range(self._count))
        return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)

    def _divided(self, text: str, first: int) -> Iterator[Word]:
        """A run of characters as several words, where there are gaps or new lines between them."""
        start, box = 0, self._box(first)
        for offset in range(1, len(text)):
            new = self._box(first + offset)
            if _adjoins(box, new):
                box = _union(box, new)
                continue
            yield self._word(text[start:offset], box, first + start)
            start, box = offset, new
        yield self._word(text[start:], box, first + start)

    def _word(self, text: str, box: Box, index: int, turned: bool = False) -> Word:
        size = min(box[3] - box[1], box[2] - box[0]) if turned else box[3] - box[1]
        return Word(text.translate(_WRITTEN), *box, size=size, bold=self._is_bold(index), turned=turned)

    def _is_turned(self, index: int) -> bool:
        """True if the character is shown turned by a quarter, on the page as it is shown."""
        quarter = abs(math.sin(raw.FPDFText_GetCharAngle(self._text, index))) > 0.7
        return quarter != (self._rotation in (90, 270))

    def _is_bold(self, index: int) -> bool:
        if raw.FPDFText_GetFontWeight(self._text, index) >= 600:
            return True
        raw.FPDFText_GetFontInfo(self._text, index, self._name, _NAME_BYTES, ctypes.byref(self._flags))
        key = (self._name.value, self._flags.value)
        if key not in self._fonts:
            lower = key[0].decode(errors="ignore").lower()
            self._fonts[key] = any(part in lower for part in _BOLD)
        return self._fonts[key]

    def _box(self, index: int) -> Box:
        """The character's box, from the page's own space to the page as it is shown, from its top left."""
        rect = self._rect
        raw.FPDFText_GetLooseCharBox(self._text, index, self._reference)
        left, right = rect.left - self._left, rect.right - self._left
        bottom, top = rect.bottom - self._bottom, rect.top - self._bottom
        if self._rotation == 90:
            return (bottom, left, top, right)
        if self._rotation == 180:
            return (self._width - right, bottom, self._width - left, top)
        if self._rotation == 270:
            return (self._height - top, self._width - right, self._height - bottom, self._width - left)
        return (left, self._height - top, right, self._height - bottom)


def _union(a: Box, b: Box) -> Box:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def _is_one_word(first: Box, last: Box, characters: int) -> bool:
    """True if the boxes of its first and last character say that it stands on one line and without a gap."""
    size = max(first[3] - first[1], 1.0)
    overlap = min(first[3], last[3]) - max(first[1], last[1])
    width = last[2] - first[0]
    return overlap > 0.4 * min(size, last[3] - last[1]) and 0 <= width <= _WIDEST * size * max(characters, 3)


def _adjoins(box: Box, new: Box) -> bool:
    """True if a character goes on with the word in `box`: on the same line, without a gap."""
    size = max(new[3] - new[1], 1.0)
    overlap = min(box[3], new[3]) - max(box[1], new[1])
    if overlap < 0.4 * min(size, box[3] - box[1]):
        return False
    gap = max(new[0] - box[2], box[0] - new[2])  # the second where a script runs to the left
    return -size < gap < _GAP * size
