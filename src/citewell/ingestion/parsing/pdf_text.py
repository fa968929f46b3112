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
# The names of bold faces: in words, abbreviated, those of TeX (CMBX10, SFBX1000, CMSSBX10, SFSX), of URW (-Medi), and
# Japanese weights.
_BOLD = re.compile(
    r"bold|black|heavy|demi|fett|halbfett|(?:^|\+)(?:cm|sf|ec|tc|la|rm|cs|pl)(?:ss|tt|csc)?(?:bx|sx|b\d)"
    r"|medi(?:ital)?$|[-,_ ](?:bd|bld|b|w[6-9])(?:it?|obl|cn|mt|ps)*$",
    re.IGNORECASE,
)
_FORCE_BOLD = 1 << 18  # of a font's flags
# PDFium stands U+FFFE for the hyphen of a word that was divided at the end of a line.
_DIVIDED = "\ufffe"
_RUN = re.compile(f"[^\\s\x00-\x1f\ud800-\udfff\uffff{_DIVIDED}]+{_DIVIDED}?|{_DIVIDED}")
_UNNAMED = re.compile("[\ue000-\uf8ff\ufffd]+\\Z")  # private characters: a symbol's, or those of a font without a map
_ARABIC = re.compile("[\u0600-\u06ff]")
_LAM = "\u0644"
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
    turned: int = 0  # degrees, counterclockwise, by which the page must be turned to read it: 0, 90, 180 or 270
    confidence: float | None = None  # from 0 to 1, if it was read from a picture
    mapped: bool = True  # the file names its characters

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


class PageSpace:
    """From a page's own coordinates, whose origin is below, to the page as it is shown, from its top left."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self.rotation: int = page.get_rotation()
        self._left, self._bottom, right, top = page.get_bbox()
        self._width, self._height = right - self._left, top - self._bottom

    def shown(self, left: float, bottom: float, right: float, top: float) -> Box:
        left, right = left - self._left, right - self._left
        bottom, top = bottom - self._bottom, top - self._bottom
        if self.rotation == 90:
            return (bottom, left, top, right)
        if self.rotation == 180:
            return (self._width - right, bottom, self._width - left, top)
        if self.rotation == 270:
            return (self._height - top, self._width - right, self._height - bottom, self._width - left)
        return (left, self._height - top, right, self._height - bottom)


class _Reader:
    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> None:
        self._text = text_page.raw
        self._count = text_page.count_chars()
        self._space = PageSpace(page)
        self._fonts: dict[tuple[bytes, int], bool] = {}
        self._rect = raw.FS_RECTF()
        self._reference = ctypes.byref(self._rect)
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        self._flags = ctypes.c_int()

    def words(self) -> Iterator[Word]:
        for run in _RUN.finditer(self._characters()):
            first, last = run.start(), run.end() - 1
            start, end = self._box(first), self._box(last)
            turned = self._turn(first)
            text = run.group()
            if _ARABIC.search(text):
                text = self._with_ligatures(text, first)
            if turned or _is_one_word(start, end, run.end() - run.start()):
                yield self._word(text, _union(start, end), first, turned)
            else:
                yield from self._divided(text, first)

    def _characters(self) -> str:
        """One character for each of the page's, at its index."""
        buffer = (ctypes.c_ushort * (self._count + 1))()
        written = raw.FPDFText_GetText(self._text, 0, self._count, buffer) - 1
        if written == self._count:
            return "".join(map(chr, buffer[:written]))
        # Some have no text, or are outside the basic plane: slower, one by one.
        codes = (raw.FPDFText_GetUnicode(self._text, index) for index in range(self._count))
        return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)

    def _with_ligatures(self, text: str, first: int) -> str:
        """The characters of a ligature have one box. PDFium turns them round with the word; they are put right here."""
        groups: list[str] = []
        last: Box | None = None
        for offset, char in enumerate(text):
            box = self._box(first + offset)
            if box == last:
                groups[-1] += char
            else:
                groups.append(char)
            last = box
        return "".join(group if group[0] == _LAM else group[::-1] for group in groups)

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

    def _word(self, text: str, box: Box, index: int, turned: int = 0) -> Word:
        size = box[2] - box[0] if turned in (90, 270) else box[3] - box[1]
        mapped = raw.FPDFText_HasUnicodeMapError(self._text, index) != 1 and not _UNNAMED.match(text)
        bold = self._is_bold(index)
        return Word(text.translate(_WRITTEN), *box, size=size, bold=bold, turned=turned, mapped=mapped)

    def _turn(self, index: int) -> int:
        """The character's turn on the page as it is shown, to the nearest quarter."""
        clockwise = round(math.degrees(raw.FPDFText_GetCharAngle(self._text, index)) / 90) * 90
        return int(clockwise + self._space.rotation) % 360

    def _is_bold(self, index: int) -> bool:
        if raw.FPDFText_GetFontWeight(self._text, index) >= 600:
            return True
        raw.FPDFText_GetFontInfo(self._text, index, self._name, _NAME_BYTES, ctypes.byref(self._flags))
        key = (self._name.value, self._flags.value)
        if key not in self._fonts:
            name = key[0].decode(errors="ignore").rstrip("\0")
            self._fonts[key] = _BOLD.search(name) is not None or bool(key[1] & _FORCE_BOLD)
        return self._fonts[key]

    def _box(self, index: int) -> Box:
        """The character's box, from the page's own space to the page as it is shown, from its top left."""
        rect = self._rect
        raw.FPDFText_GetLooseCharBox(self._text, index, self._reference)
        return self._space.shown(rect.left, rect.bottom, rect.right, rect.top)


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
