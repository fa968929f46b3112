"""Characters of a PDF page as words: text, box, font size and weight. Boxes are in points from the page's top left."""

import ctypes
import functools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_layers import LayerMarks
from citewell.ingestion.parsing.symbols import MATHEMATICAL, PRIVATE

_MEET = 1.5  # points: joined letters overlap a little
_GAP = 0.28  # of the font size: a wider gap between characters ends a word
_TIGHT_GAP = 0.08  # of the font size: between words that are set without spaces, beyond the gaps between their letters
_LONG_RUN = 20  # letters: where words run together there are such
_LONG_MEAN = 8.5  # letters of the runs of a page
_LOOKED_AT, _SAMPLES = 2000, 40  # characters of a page, letters of these
_LEAST_HEIGHT, _EVEN_HEIGHTS = 0.9, 0.02  # of the font size: of boxes that are as high as the line
_ABOVE_LINE, _BELOW_LINE = 0.92, 0.23  # of the font size: where a line's letters are
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
_SHOWN = f"(?:[^\\s\x00-\x1f\ud800-\udfff\uffff{_DIVIDED}]++|[\ud800-\udbff][\udc00-\udfff])+"
_RUN = re.compile(f"{_SHOWN}{_DIVIDED}?|{_DIVIDED}")
_UNNAMED = re.compile("[\ue000-\uf8ff\ufffd]+\\Z")  # private characters: a symbol's, or those of a font without a map
_LETTERS = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f]+")
_ARABIC = re.compile("[\u0600-\u06ff]")
SKEWED = 45  # as a word's turn: it runs across the page, like a watermark
_MOST_SKEWED = 15.0  # degrees off a quarter turn: lines of a scan are hardly ever that skewed
_SMALL = 8.0  # points
_LEADERS = re.compile(r"\.{4,}|(?:[^.]|\.(?!\.{3}))+")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_DIGITS = re.compile(r"\d[\d.,:/-]*\d")
_POINTS = "\u0591-\u05c7\u064b-\u065f\u0670"  # of Hebrew and Arabic, behind their letters
_MARKS_BEFORE = re.compile(f"(?<![{_POINTS}])([{_POINTS}]++)([^{_POINTS}])")
_LATIN_ENDED = re.compile(r"([A-Za-z0-9][^\u0590-\u08ff]*(?<![.,:;!?]))([.,:;!?]++)")
_BRACKETED = re.compile(r"[()\[\]{}]")
_BRACKETED_PARTS = re.compile(r"[()\[\]{}]|[^()\[\]{}]+")
_POWER = re.compile(r"\d[-+−–]?\d{1,3}\Z")
_RAISED_NUMBER = re.compile(r"[-+−–]?\d{1,3}")
_LONGEST_POWER = 4  # characters
_RAISED_BY, _RAISED_HEIGHT = 0.12, 0.85  # of the height of the characters before
_RAISED_GAP = 0.1  # of that height: wider gaps are spaces
_WHITE = 245  # of 255: the darkest part of a colour that nobody sees on white
_LAM = "\u0644"
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
# Typesetting programs divide words with a hyphen of its own character.
_SECOND_HALF = re.compile("[\udc00-\udfff]")
_WRITTEN = {**_LIGATURES, ord(_DIVIDED): "-", 0xAD: "-", 0x2010: "-", 0x2011: "-"}


Ink = Literal["shown", "white", "none", "layer"]  # whether it is seen depends on what lies below


@dataclass(slots=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    turned: int = 0  # degrees, counterclockwise, by which the page must be turned to read it: 0, 90, 180, 270 or SKEWED
    confidence: float | None = None  # from 0 to 1, if it was read from a picture
    mapped: bool = True  # the file names its characters
    ink: Ink = "shown"

    @property
    def box(self) -> Box:
        return (self.left, self.top, self.right, self.bottom)


def page_words(page: pdfium.PdfPage, layers: LayerMarks | None = None) -> list[Word]:
    """Returns the words in the order in which the file holds them. With `layers` it marks those in layers."""
    text_page = page.get_textpage()
    try:
        return _Reader(page, text_page, layers).words()
    finally:
        text_page.close()


class PageSpace:
    """Converts coordinates of the file, with the origin at the bottom, to those of the shown page, from its top
    left.
    """

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
    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, layers: LayerMarks | None) -> None:
        self._text = text_page.raw
        self._layers = layers
        self._count = text_page.count_chars()
        self._space = PageSpace(page)
        self._fonts: dict[tuple[bytes, int], bool] = {}
        self._rect = raw.FS_RECTF()
        self._reference = ctypes.byref(self._rect)
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        self._flags = ctypes.c_int()
        self._looks_at_all = self._hugs_ink = False
        self._second_halves: set[int] = set()
        self._matrix = raw.FS_MATRIX()
        self._colour = tuple(ctypes.c_uint() for _ in range(4))
        self._colour_references = tuple(map(ctypes.byref, self._colour))
        self._x, self._y = ctypes.c_double(), ctypes.c_double()

    def words(self) -> list[Word]:
        """Returns the words.

        Where a font leaves some characters unnamed, each is looked at; else the first of a word decides.
        """
        characters = self._characters()
        self._second_halves = {found.start() for found in _SECOND_HALF.finditer(characters)}
        self._hugs_ink = self._has_boxes_of_ink(characters)
        found = list(self._words_of(characters))
        if any(not word.mapped for word in found):
            self._looks_at_all = True
            found = list(self._words_of(characters))
        return list(_with_powers(found))

    def _words_of(self, characters: str) -> Iterator[Word]:
        tight = _may_be_tight(characters)
        for first, text in self._runs(characters):
            last = first + len(text) - 1
            start, end = self._box(first), self._box(last)
            turned = self._turn(first)
            if turned == SKEWED:
                yield self._skewed(text, first)
                continue
            is_one = turned or _is_one_word(start, end, len(text))
            if _ARABIC.search(text) and not self._is_from_the_left(text, first):
                text = self._with_ligatures(text, first)
            if is_one and tight and not turned and (places := self._tight_gaps(text, first)):
                for begin, stop in pairwise([0, *places, len(text)]):
                    box = _union(self._box(first + begin), self._box(first + stop - 1))
                    yield self._word(text[begin:stop], box, first + begin)
            elif is_one:
                yield self._word(text, _union(start, end), first, turned)
            else:
                yield from self._divided(text, first)

    def _runs(self, characters: str) -> Iterator[tuple[int, str]]:
        """Runs without a space, each with its place. PDFium may put a bracket to the wrong one of its neighbours where
        the direction changes: there it stands for itself, and its place tells where it belongs (`bidi.py`)."""
        mixed = _RIGHT_TO_LEFT.search(characters) is not None
        for run in _RUN.finditer(characters):
            text = run.group()
            if mixed and len(text) > 1 and self._has_brackets_apart(run.start(), text):
                yield from ((run.start() + part.start(), part.group()) for part in _BRACKETED_PARTS.finditer(text))
            elif mixed and (ended := _LATIN_ENDED.fullmatch(text)) and self._ends_left(run.start(), len(text)):
                yield from ((run.start() + ended.start(part), ended.group(part)) for part in (1, 2))
            elif "...." in text:
                yield from ((run.start() + part.start(), part.group()) for part in _LEADERS.finditer(text))
            else:
                yield run.start(), text

    def _has_brackets_apart(self, first: int, text: str) -> bool:
        if not _BRACKETED.search(text):
            return False
        return _RIGHT_TO_LEFT.search(text) is not None or not self._runs_to_the_right(first, text)

    def _is_from_the_left(self, text: str, first: int) -> bool:
        """Whether a word of a script from the right has its letters from the left, one by one, as browsers write it."""
        letters = [offset for offset, char in enumerate(text) if _RIGHT_TO_LEFT.match(char)]
        return len(letters) > 1 and self._box(first + letters[0])[2] <= self._box(first + letters[-1])[0] + _MEET

    def _ends_left(self, first: int, count: int) -> bool:
        """Whether its last character stands left of the first: the sign that ends a sentence from the right."""
        return self._box(first + count - 1)[0] < self._box(first)[0]

    def _runs_to_the_right(self, first: int, text: str) -> bool:
        lefts = [self._box(first + offset)[0] for offset in range(len(text))]
        return all(before <= after for before, after in pairwise(lefts))

    def _characters(self) -> str:
        """Returns one character for each character of the page, at its index."""
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

    def _tight_gaps(self, text: str, first: int) -> list[int]:
        """Returns where words begin that are set so close that PDFium sees no space: after gaps wider than between
        letters.
        """
        boxes = [self._box(first + offset) for offset in range(len(text))]
        size = max(boxes[0][3] - boxes[0][1], 1.0)
        gaps = [(after[0] - before[2]) / size for before, after in pairwise(boxes)]
        if len(gaps) < 2 or min(gaps) < -0.5:  # a script that runs to the left
            return []
        usual = sorted(gaps)[len(gaps) // 4]
        wide = [gap for gap in gaps if gap > usual + _TIGHT_GAP]
        if not wide or max(wide) - min(wide) > _TIGHT_GAP:
            return []
        # Some letters, like f, reach into the gap behind them.
        half = (usual + median(wide)) / 2
        places = [place for place, gap in enumerate(gaps, 1) if gap > half]
        doubtful = sum(usual + 0.3 * (half - usual) < gap <= half for gap in gaps)
        # Of a font whose widths are wrong, all gaps differ: there they say nothing.
        return places if doubtful <= 0.1 * len(gaps) and len(text) > 2 * (len(places) + 1) else []

    def _word(self, text: str, box: Box, index: int, turned: int = 0) -> Word:
        size = box[2] - box[0] if turned in (90, 270) else box[3] - box[1]
        if not turned and _POWER.search(text):
            text = self._with_power(text, index, box[3] - box[1])
        text = text.translate(PRIVATE)
        if _RIGHT_TO_LEFT.search(text) and not turned and self._is_from_the_left(text, index):
            text = _turned_round(text)
        looked_at = range(index, index + len(text)) if self._looks_at_all else (index,)
        mapped = not _UNNAMED.match(text) and all(
            raw.FPDFText_HasUnicodeMapError(self._text, at) != 1 for at in looked_at
        )
        bold = self._is_bold(index)
        ink = self._ink(index)
        return Word(_written(text), *box, size=size, bold=bold, turned=turned, mapped=mapped, ink=ink)

    def _ink(self, index: int) -> Ink:
        item = raw.FPDFText_GetTextObject(self._text, index)
        if self._layers is not None and item and self._layers.holds(item):
            return "layer"
        mode = raw.FPDFTextObj_GetTextRenderMode(item) if item else raw.FPDF_TEXTRENDERMODE_UNKNOWN
        if mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            return "none"
        if mode != raw.FPDF_TEXTRENDERMODE_FILL or not raw.FPDFPageObj_GetFillColor(item, *self._colour_references):
            return "shown"
        red, green, blue, alpha = (part.value for part in self._colour)
        return "white" if min(red, green, blue) >= _WHITE or alpha == 0 else "shown"

    def _with_power(self, text: str, index: int, high: float) -> str:
        """The text with the sign "^" before raised digits: 10 with a raised 6 is no 106, and 1,204 with the number of a
        note no 1,2041."""
        last = self._box(index + len(text) - 1)
        if last[3] - last[1] > _RAISED_HEIGHT * high:
            return text
        at = len(text) - 1
        while at and self._is_beside(self._box(index + at - 1), last):
            at -= 1
            if len(text) - at > _LONGEST_POWER:
                return text
        base = self._box(index + at - 1)
        height = base[3] - base[1]
        is_raised = last[3] < base[3] - _RAISED_BY * height and last[3] - last[1] < _RAISED_HEIGHT * height
        return f"{text[:at]}^{text[at:]}" if at and is_raised and text[at - 1].isdigit() else text

    @staticmethod
    def _is_beside(box: Box, other: Box) -> bool:
        """Whether two characters have one size and stand on one line."""
        return abs(box[3] - other[3]) < 0.5 and abs((box[3] - box[1]) - (other[3] - other[1])) < 0.5

    def _turn(self, index: int) -> int:
        """The character's turn on the page as it is shown, to the nearest quarter, or SKEWED."""
        angle = math.degrees(raw.FPDFText_GetCharAngle(self._text, index))
        clockwise = round(angle / 90) * 90
        if abs(angle - clockwise) > _MOST_SKEWED:
            return SKEWED
        return int(clockwise + self._space.rotation) % 360

    def _skewed(self, text: str, first: int) -> Word:
        """A word of a watermark or a stamp, which is no heading for its size."""
        boxes = [self._box(first + offset) for offset in range(len(text))]
        return Word(_written(text), *functools.reduce(_union, boxes), _SMALL, False, SKEWED)

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
        index -= index in self._second_halves
        raw.FPDFText_GetLooseCharBox(self._text, index, self._reference)
        if self._hugs_ink and (em := self._font_size(index)):
            raw.FPDFText_GetCharOrigin(self._text, index, ctypes.byref(self._x), ctypes.byref(self._y))
            rect.bottom, rect.top = self._y.value - _BELOW_LINE * em, self._y.value + _ABOVE_LINE * em
        return self._space.shown(rect.left, rect.bottom, rect.right, rect.top)

    def _has_boxes_of_ink(self, characters: str) -> bool:
        """Whether the boxes of letters are as high as their ink, so that the height of a line depends on its letters.

        PDFium gives such boxes for fonts that do not say how high they are, as those of LibreOffice.
        """
        letters = [index for index, char in enumerate(characters[:_LOOKED_AT]) if char.isalpha()]
        heights = []
        for index in letters[:: max(len(letters) // _SAMPLES, 1)]:
            if em := self._font_size(index):
                box = self._box(index)
                heights.append((box[3] - box[1]) / em)
        return bool(heights) and min(heights) < _LEAST_HEIGHT and max(heights) - min(heights) > _EVEN_HEIGHTS

    def _font_size(self, index: int) -> float:
        """The font's size on the page; 0 of text that is not upright."""
        matrix = self._matrix
        upright = self._space.rotation == 0 and raw.FPDFText_GetMatrix(self._text, index, ctypes.byref(matrix))
        if not upright or matrix.d <= 0 or abs(matrix.b) > 0.01 * matrix.d:
            return 0.0
        return float(raw.FPDFText_GetFontSize(self._text, index) * matrix.d)


def _with_powers(words: Iterable[Word]) -> Iterator[Word]:
    """The words; raised digits right behind a number, which PDFium may set apart, become a part of it."""
    last: Word | None = None
    for word in words:
        if last is not None and _RAISED_NUMBER.fullmatch(word.text) and _is_raised_on(word, last):
            last.text += f"^{word.text}"
            last.right, last.top = word.right, min(last.top, word.top)
            continue
        if last is not None:
            yield last
        last = word
    if last is not None:
        yield last


def _is_raised_on(word: Word, base: Word) -> bool:
    if word.turned or base.turned or not base.text[-1:].isdigit():
        return False
    height = base.bottom - base.top
    is_small = word.bottom - word.top < _RAISED_HEIGHT * height
    is_raised = base.top < word.bottom < base.bottom - _RAISED_BY * height
    return is_small and is_raised and abs(word.left - base.right) < _RAISED_GAP * height


def _turned_round(text: str) -> str:
    """Reverses the text; numbers keep their order, and marks stay behind their letters."""
    turned = _DIGITS.sub(lambda found: found.group()[::-1], text[::-1])
    return _MARKS_BEFORE.sub(r"\2\1", turned)


def _written(text: str) -> str:
    """Returns the text as people type it.

    PDFium gives characters beyond the basic plane (formula signs, emoji) as two surrogates.
    """
    if _SECOND_HALF.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore").translate(MATHEMATICAL)
    return text.translate(_WRITTEN)


def _may_be_tight(characters: str) -> bool:
    """Whether words of the page may run together: most that do are longer than words are."""
    runs = [len(run) for run in _LETTERS.findall(characters)]
    return bool(runs) and (max(runs) >= _LONG_RUN or (len(runs) > 2 and sum(runs) > _LONG_MEAN * len(runs)))


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
