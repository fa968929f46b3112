"""Pages of formats that have no pages, only breaks between them.

Some programs note where pages began when they last showed a file. Others do not: then only the breaks that the author
made are known, and they tell the page for as long as no page could be full before the next.
"""

_FULL_PAGE = 6000  # characters that one page holds at most


class PageBreaks:
    """Counts pages. `is_known`: the file has breaks at all; `is_rendered`: its program noted where pages began."""

    def __init__(self, *, is_known: bool, is_rendered: bool) -> None:
        self._is_known, self._is_rendered = is_known, is_rendered
        self._page = 1
        self._since_break = 0  # characters
        self._is_blank = True  # nothing stands on the page yet
        self._is_lost = False

    @property
    def current(self) -> int | None:
        """The page that the next words stand on, None where it is not known."""
        return self._page if self._is_known and not self._is_lost else None

    def text(self, characters: int) -> None:
        """So many characters stand on the page."""
        if characters:
            self._is_blank = False
            self._since_break += characters
            if not self._is_rendered and self._since_break > _FULL_PAGE:
                self._is_lost = True

    def begin(self, *, rendered: bool = False) -> None:
        """A page begins. One that was rendered and follows a break of the author is the same one."""
        if rendered and self._is_blank:
            return
        self._page += 1
        self._since_break = 0
        self._is_blank = True

    def begin_with_words(self) -> None:
        """A paragraph begins a page of its own, where something stands on this one."""
        if not self._is_blank:
            self.begin()

    def begin_section(self, kind: str) -> None:
        """A section begins on the next page, the next odd one ("odd...") or the next even one ("even...")."""
        self.begin()
        is_odd = self._page % 2 == 1
        if (kind.startswith("odd") and not is_odd) or (kind.startswith("even") and is_odd):
            self._page += 1
