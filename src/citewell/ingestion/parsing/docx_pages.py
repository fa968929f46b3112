"""On which page a Word file's words stand, as far as the file says so.

Word notes where pages began when it last showed the file (`lastRenderedPageBreak`). Other programs do not: then only
the breaks that the author made are known, and they tell the page for as long as no page could be full before the next.
"""

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import W

_FULL_PAGE = 6000  # characters that one page holds at most


class Pages:
    """`current` is the page that the next words stand on, None where it is not known."""

    def __init__(self, body: Element) -> None:
        self._rendered = next(body.iter(f"{W}lastRenderedPageBreak"), None) is not None
        self._sections = [_type(section) for section in body.iter(f"{W}sectPr")]
        self._section = 0
        self._page = 1
        self._since_break = 0  # characters
        self._blank = True  # nothing stands on the page yet
        self._lost = False
        self.any = self._rendered or self._has_breaks(body)

    def _has_breaks(self, body: Element) -> bool:
        explicit = any(element.get(f"{W}type") == "page" for element in body.iter(f"{W}br"))
        return explicit or any(kind != "continuous" for kind in self._sections[1:])

    @property
    def current(self) -> int | None:
        return self._page if self.any and not self._lost else None

    @property
    def count(self) -> int | None:
        return self.current

    def text(self, characters: int) -> None:
        if characters:
            self._blank = False
            self._since_break += characters
            if not self._rendered and self._since_break > _FULL_PAGE:
                self._lost = True

    def begin(self, *, rendered: bool) -> None:
        """A page begins. One that was rendered and follows a break of the author is the same one."""
        if rendered and self._blank:
            return
        self._page += 1
        self._since_break = 0
        self._blank = True

    def begin_paragraph_break(self) -> None:
        """A paragraph that begins on a page of its own, where something stands on this one."""
        if not self._blank:
            self.begin(rendered=False)

    def end_section(self) -> None:
        """How a section begins is said at its own end: so the type is that of the one that follows."""
        self._section += 1
        kind = self._sections[self._section] if self._section < len(self._sections) else "continuous"
        if kind == "continuous" or kind == "nextColumn":
            return
        self.begin(rendered=False)
        if (kind == "oddPage" and self._page % 2 == 0) or (kind == "evenPage" and self._page % 2 == 1):
            self._page += 1


def _type(section: Element) -> str:
    found = section.find(f"{W}type")
    return (found.get(f"{W}val") or "nextPage") if found is not None else "nextPage"
