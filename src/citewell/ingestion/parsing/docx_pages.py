"""Finds the page of each word in a Word file: from the page beginnings that Word noted, else from the author's
breaks.
"""

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import W, is_on
from citewell.ingestion.parsing.page_breaks import PageBreaks


class Pages(PageBreaks):
    def __init__(self, body: Element) -> None:
        rendered = next(body.iter(f"{W}lastRenderedPageBreak"), None) is not None
        self._sections = [_type(section) for section in body.iter(f"{W}sectPr")]
        self._section = 0
        super().__init__(is_known=rendered or self._has_breaks(body), is_rendered=rendered)

    def _has_breaks(self, body: Element) -> bool:
        explicit = any(element.get(f"{W}type") == "page" for element in body.iter(f"{W}br"))
        explicit |= any(is_on(element) for element in body.iter(f"{W}pageBreakBefore"))
        return explicit or any(kind != "continuous" for kind in self._sections[1:])

    def end_section(self) -> None:
        """Stores the type of the section's break. Word writes how a section begins at that section's own end."""
        self._section += 1
        kind = self._sections[self._section] if self._section < len(self._sections) else "continuous"
        if kind not in ("continuous", "nextColumn"):
            self.begin_section(kind)


def _type(section: Element) -> str:
    found = section.find(f"{W}type")
    return (found.get(f"{W}val") or "nextPage") if found is not None else "nextPage"
