"""What tools may read of the text of documents as it stands, and how they narrow a search to some documents.

Implemented over SQL in `citewell.documents.texts`.
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
    """What stands on some pages of a document of `page_count` pages."""

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
        """All chunks that have the word somewhere, whatever its case (empty: all chunks), in the order of their
        documents' names, in batches."""
        ...

    async def pages(self, document_id: UUID, first: int, last: int) -> PageRange | None:
        """What stands on the pages from first to last; None if there is no such document."""
        ...
