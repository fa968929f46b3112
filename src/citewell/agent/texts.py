"""The protocol by which tools read the text of documents and narrow a search to some of them.

`citewell.documents.texts` implements it with SQL.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText


class Narrowing(msgspec.Struct, frozen=True):
    """Which documents to look at; all conditions hold. `about` are words of a document's name, title or first page, as
    a company's name; `tag` is a tag's value, or `name: value`; the dates are those that documents bear themselves, both
    included."""

    about: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it lets every document pass."""
        return not (self.about or self.tag or self.since or self.until)


class Narrowed(msgspec.Struct, frozen=True):
    """The documents that pass a narrowing, out of `total` that the tool may see. `undated` are those left out because
    no date is known of them."""

    documents: list[UUID]
    total: int
    undated: int = 0


class PagePart(msgspec.Struct, frozen=True):
    """A part of a chunk, from `start` to `end` of its content, that stands on pages that were asked for."""

    chunk: ChunkText
    start: int
    end: int
    first_page: int
    last_page: int


class PageRange(msgspec.Struct, frozen=True):
    """The text of some pages of a document with `page_count` pages."""

    document_id: UUID
    name: str
    page_count: int | None
    parts: list[PagePart]


class Texts(Protocol):
    """The text of the documents that a tool may see."""

    async def narrow(self, narrowing: Narrowing, document_ids: Sequence[UUID] | None = None) -> Narrowed:
        """The documents that pass, among those given (None: among all)."""
        ...

    def scan(self, word: str, document_ids: Sequence[UUID] | None = None) -> AsyncIterator[list[ChunkText]]:
        """Yields in batches the chunks that have the word in any case (empty: all chunks), by the name of their
        document.
        """
        ...

    async def pages(self, document_id: UUID, first: int, last: int) -> PageRange | None:
        """Returns the text of the pages from `first` to `last`; None if there is no such document."""
        ...
