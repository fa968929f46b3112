"""Which lines of a PDF are headings, and of which level: by size, weight, numbering and the file's own outline."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citewell.ingestion.parsing.pdf_lines import TextLine, is_in_brackets

_NUMBERED = re.compile(
    r"(?:(part|chapter|teil|kapitel)\s+(?:[ivx]+|\d+)"
    r"|(item|section|note|article|annex|appendix|abschnitt)\s+(?:\d+[a-z]?|[a-z]|[ivx]+)"
    r"|(\d+(?:\.\d+){0,3}))[.:)]?(?:\s|$)",
    re.IGNORECASE,
)
_BULLETS = tuple(f"{sign} " for sign in "•●▪◦‣∙■□○➢✓–")  # of lists, also where these are set large
_MAX_CHARS = 140
_LITTLE_TEXT, _ABOUT_AS_MUCH = 400, 0.4  # characters; share of those of the most frequent size
_LARGER = 1.12  # times the body's size


@dataclass(frozen=True)
class OutlineEntry:
    """A bookmark of the file: `page` counts from 1, `level` too."""

    page: int
    level: int
    title: str


class Headings:
    """`level` of a line that is a heading, from 1; None for others."""

    def __init__(self, lines: Iterable[TextLine], outline: Sequence[OutlineEntry] = ()) -> None:
        sizes: Counter[float] = Counter()
        recognised: Counter[float] = Counter()
        bold = total = 0
        for line in lines:
            # What was recognised has sizes of its own: a small stamp on a scan makes no heading of all its lines.
            (recognised if _is_recognised(line) else sizes)[round(line.size, 1)] += len(line.text)
            total += len(line.text)
            bold += len(line.text) if line.bold else 0
        self.body = _body(sizes or recognised)
        self._bold_marks_headings = bold < 0.25 * max(total, 1)
        self._levels = _levels(sizes)
        self._recognised_levels = _levels(recognised)
        self._base = min(len(self._levels), 5)
        self._outline: dict[int, list[tuple[str, int]]] = {}
        for entry in outline:
            self._outline.setdefault(entry.page, []).append((_plain(entry.title), entry.level))

    def level(self, page: int, line: TextLine, *, in_table: bool) -> int | None:
        text = line.text
        if (
            text.startswith(_BULLETS)
            or len(text) > _MAX_CHARS
            or len(line.cells) > 2
            or not any(char.isalpha() for char in text)
        ):
            return None
        if in_table and (len(line.cells) > 1 or not self.is_large(line)):
            return None
        return self._by_outline(page, text) or self._by_size(line) or self._by_weight(line)

    def is_large(self, line: TextLine) -> bool:
        return self._by_size(line) is not None

    def _by_size(self, line: TextLine) -> int | None:
        levels = self._recognised_levels if _is_recognised(line) else self._levels
        return levels.get(round(line.size, 1))

    def _by_outline(self, page: int, text: str) -> int | None:
        plain = _plain(text)
        for title, level in self._outline.get(page, ()):
            part = len(plain) > 0.3 * len(title) and (title.startswith(plain) or title.endswith(plain))
            if len(plain) > 2 and part:
                return level
        return None

    def _by_weight(self, line: TextLine) -> int | None:
        text = line.text
        if is_in_brackets(text):
            return None
        rank = numbering(text)
        if not (line.bold and self._bold_marks_headings):
            shouted = rank is not None and text.isupper() and not text.endswith((".", ",", ";"))
            return self._base + rank if shouted and rank is not None else None
        # A bold line that ends like a sentence is emphasis, unless it is numbered like a heading.
        if text.endswith((",", ";")) or (rank is None and text.endswith(".")):
            return None
        return self._base + (rank or 3)


def _is_recognised(line: TextLine) -> bool:
    return line.words[0].confidence is not None


def _levels(sizes: Counter[float]) -> dict[float, int]:
    """The level of each size that is larger than the body's."""
    larger = sorted((size for size in sizes if size > _LARGER * _body(sizes)), reverse=True)
    return {size: min(index + 1, 5) for index, size in enumerate(larger)}


def _body(sizes: Counter[float]) -> float:
    """The size that most text is set in; of a page with little of it, the smaller of two that are about as frequent."""
    if not sizes:
        return 10.0
    most = sizes.most_common(1)[0][1]
    frequent = [size for size, count in sizes.items() if count >= _ABOUT_AS_MUCH * most]
    return min(frequent) if sum(sizes.values()) < _LITTLE_TEXT else sizes.most_common(1)[0][0]


def numbering(text: str) -> int | None:
    """Returns the depth that the number of a heading states: 1 for "Part I", 2 for "Item 2." and "1.2"."""
    found = _NUMBERED.match(text)
    if found is None:
        return None
    if found.group(1):
        return 1
    return 2 if found.group(2) else found.group(3).count(".") + 1


def _plain(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
