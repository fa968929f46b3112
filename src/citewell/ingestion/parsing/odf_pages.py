"""Finds the page of each word in an ODT, as far as the file says so.

LibreOffice notes where it filled a page (`text:soft-page-break`) and which paragraphs the author begins on a new one.
"""

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.odf_text import SOFT_BREAK, text_of
from citewell.ingestion.parsing.page_breaks import PageBreaks

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_DEEPEST = 20  # styles that one may be based on, each on the next


class Pages(PageBreaks):
    def __init__(self, roots: list[Element | None], body: Element) -> None:
        self._styles = {
            style.get(f"{_STYLE}name") or "": style
            for root in reversed(roots)
            for style in (root.iter(f"{_STYLE}style") if root is not None else ())
        }
        self._known: dict[str, tuple[bool, bool]] = {}
        noted = next(body.iter(SOFT_BREAK), None) is not None
        is_known = noted or any(self._has_break(name) for name in _named(body))
        super().__init__(is_known=is_known, is_rendered=noted)

    def begin_element(self, element: Element) -> None:
        """Call before the words of a paragraph or a table."""
        if self._breaks(_style_of(element))[0]:
            self.begin_with_words()

    def end_element(self, element: Element) -> None:
        """Call after the words: counts the breaks inside, and the one that the style asks for."""
        self._is_blank = False
        for _ in element.iter(SOFT_BREAK):
            self.begin()
            self._is_blank = False
        self.text(len(text_of(element)))
        if self._breaks(_style_of(element))[1]:
            self.begin()

    def _has_break(self, name: str) -> bool:
        return any(self._breaks(name))

    def _breaks(self, name: str, depth: int = 0) -> tuple[bool, bool]:
        """Whether a page ends before and behind what has this style."""
        if name not in self._known:
            style = self._styles.get(name)
            if style is None or depth > _DEEPEST:
                return False, False
            parent = self._breaks(style.get(f"{_STYLE}parent-style-name") or "", depth + 1)
            stated = [_stated(style, "before"), _stated(style, "after")]
            if style.get(f"{_STYLE}master-page-name"):
                stated[0] = True
            before, after = (own if own is not None else old for own, old in zip(stated, parent, strict=True))
            self._known[name] = (before, after)
        return self._known[name]


def _stated(style: Element, side: str) -> bool | None:
    for properties in style.iter(f"{_STYLE}paragraph-properties", f"{_STYLE}table-properties"):
        value = properties.get(f"{_FO}break-{side}")
        if value is not None:
            return bool(value == "page")
    return None


def _style_of(element: Element) -> str:
    return element.get(f"{_TEXT}style-name") or element.get(f"{_TABLE}style-name") or ""


def _named(body: Element) -> set[str]:
    """The styles of paragraphs and tables behind the first, where a break makes a page."""
    parts = list(body.iter(f"{_TEXT}p", f"{_TEXT}h", f"{_TABLE}table"))
    return {_style_of(part) for part in parts[1:]}
