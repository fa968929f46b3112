"""Lists and numbered headings of OpenDocument: the numbers that the program counts, by the styles of the file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.list_numbers import written

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_PLACE = re.compile(r"%([1-9]|10)%")
_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LEVELS = 10


@dataclass(frozen=True)
class _Level:
    """`format` is None for bullets; `shown` is the number of levels that the number shows. A `pattern` like "§ %1%.%2%"
    says all of it."""

    format: str | None = None
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1
    pattern: str = ""


@dataclass(frozen=True)
class Item:
    """An item of a list: its number or bullet, its words, and the paragraphs that they are in."""

    level: int
    mark: str
    words: str
    parts: list[Element]


class Lists:
    """Counts through the document: to be asked for each list and heading in order."""

    def __init__(self, roots: list[Element | None]) -> None:
        self._styles: dict[str, dict[int, _Level]] = {}
        self._outline: dict[int, _Level] = {}
        self._counts: dict[str, list[int]] = {}
        self._headings = [0] * (_LEVELS + 1)
        self._plain: set[str] = set()  # styles of headings that have no number, against what their level has
        for root in reversed(roots):
            if root is None:
                continue
            for style in root.iter(f"{_TEXT}list-style"):
                self._styles[style.get(f"{_STYLE}name") or ""] = _levels(style)
            for style in root.iter(f"{_TEXT}outline-style"):
                self._outline = _levels(style)
            for style in root.iter(f"{_STYLE}style"):
                if style.get(f"{_STYLE}list-style-name") == "":
                    self._plain.add(style.get(f"{_STYLE}name") or "")

    def heading_label(self, element: Element, level: int) -> str:
        """The heading's number, or nothing."""
        found = self._outline.get(level)
        if found is None or not found.format or element.get(f"{_TEXT}is-list-header") == "true":
            return ""
        if element.get(f"{_TEXT}style-name") in self._plain:
            return ""
        self._headings[level] = (self._headings[level] or found.start - 1) + 1
        self._headings[level + 1 :] = [0] * (_LEVELS - level)
        return _label(self._outline, self._headings, level)

    def items(self, element: Element, text_of: Callable[[Element], str]) -> Iterator[str]:
        """A line for each item, with its number or a bullet; those of lists within it are indented."""
        for item in self.marked(element, text_of):
            yield f"{'  ' * (item.level - 1)}{item.mark} {item.words}"

    def marked(self, element: Element, text_of: Callable[[Element], str]) -> Iterator[Item]:
        """Yields each item that has words, nested lists included."""
        style = element.get(f"{_TEXT}style-name") or ""
        continues = element.get(f"{_TEXT}continue-numbering") == "true" or element.get(f"{_TEXT}continue-list")
        if not continues or style not in self._counts:
            self._counts[style] = [0] * (_LEVELS + 1)
        yield from self._items(element, style, 1, text_of)

    def _items(self, element: Element, style: str, level: int, text_of: Callable[[Element], str]) -> Iterator[Item]:
        for item in element:
            if item.tag not in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
                continue
            own = [part for part in item if part.tag in (f"{_TEXT}p", f"{_TEXT}h")]
            words = " ".join(text for part in own if (text := text_of(part)))
            if words:
                mark = self._mark(item, style, min(level, _LEVELS)) if item.tag == f"{_TEXT}list-item" else ""
                yield Item(level, mark, words, own)
            for nested in item.iterfind(f"{_TEXT}list"):
                yield from self._items(nested, nested.get(f"{_TEXT}style-name") or style, level + 1, text_of)

    def _mark(self, item: Element, style: str, level: int) -> str:
        counts = self._counts.setdefault(style, [0] * (_LEVELS + 1))
        levels = self._styles.get(style, {})
        stated = _number(item.get(f"{_TEXT}start-value"), 0)
        start = levels[level].start if level in levels else 1
        counts[level] = stated or (counts[level] or start - 1) + 1
        counts[level + 1 :] = [0] * (_LEVELS - level)
        return _label(levels, counts, level) or "-"


def _label(levels: dict[int, _Level], counts: list[int], level: int) -> str:
    found = levels.get(level)
    if found is None or not found.format:
        return ""
    if found.pattern:
        return _PLACE.sub(lambda place: _written(levels, counts, int(place.group(1))), found.pattern)
    first = max(level - found.shown + 1, 1)
    shown = [one for one in range(first, level + 1) if one in levels]
    numbers = [_written(levels, counts, one) for one in shown]
    return found.prefix + ".".join(number for number in numbers if number) + found.suffix


def _written(levels: dict[int, _Level], counts: list[int], level: int) -> str:
    found = levels.get(level)
    return written(counts[level] or 1, found.format or "none") if found is not None else ""


def _levels(style: Element) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for element in style:
        number = _number(element.get(f"{_TEXT}level"), 0) if isinstance(element.tag, str) else 0
        kind = element.get(f"{_STYLE}num-format")
        if 0 < number <= _LEVELS:
            levels[number] = _Level(
                format=_FORMATS.get(kind, "decimal") if kind else None,
                prefix=element.get(f"{_STYLE}num-prefix") or "",
                suffix=element.get(f"{_STYLE}num-suffix") or "",
                start=_number(element.get(f"{_TEXT}start-value"), 1),
                shown=_number(element.get(f"{_TEXT}display-levels"), 1),
                pattern=element.get(f"{_LOEXT}num-list-format") or "",
            )
    return levels


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 8 else default


def derived_from(roots: list[Element | None], name: str) -> set[str]:
    """Names of the paragraph styles that are based on this one, and its own."""
    parents = {
        style.get(f"{_STYLE}name") or "": style.get(f"{_STYLE}parent-style-name") or ""
        for root in reversed(roots)
        for style in (root.iter(f"{_STYLE}style") if root is not None else ())
        if style.get(f"{_STYLE}family") == "paragraph"
    }
    found = {name}
    for _ in range(_LEVELS):
        found |= {style for style, parent in parents.items() if parent in found}
    return found


def hidden_tables(roots: list[Element | None]) -> set[str]:
    """Names of the styles of sheets that are hidden."""
    names = set()
    for root in roots:
        for properties in root.iter(f"{_STYLE}table-properties") if root is not None else ():
            style = properties.getparent()
            if properties.get(f"{_TABLE}display") == "false" and style is not None:
                names.add(style.get(f"{_STYLE}name") or "")
    return names
