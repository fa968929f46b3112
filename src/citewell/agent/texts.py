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
    """Conditions on documents. A document must meet all of them.

    `about` are words of its name, title or first page, such as a company's name. `tag` is the value of a tag, or
    `name: value`. `since` and `until` bound the date that the document itself bears; both are inclusive.
    """

    about: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no condition."""
        return not (self.about or self.tag or self.since or self.until)


class Narrowed(msgspec.Struct, frozen=True):
    """The documents that meet the conditions, out of `total` that the tool may see.

    `undated` counts those that were left out because their date is unknown.
    """

    documents: list[UUID]
    total: int
    undated: int = 0


class PagePart(msgspec.Struct, frozen=True):
    """The part of a chunk that stands on the requested pages: `start` to `end` of its content, in characters."""

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
        """Returns the documents that meet the conditions, among `document_ids` (None: among all)."""
        ...

    def scan(self, word: str, document_ids: Sequence[UUID] | None = None) -> AsyncIterator[list[ChunkText]]:
        """Yields in batches the chunks that contain the word, ordered by the name of their document.

        Upper and lower case are the same. An empty word yields all chunks.
        """
        ...

    async def pages(self, document_id: UUID, first: int, last: int) -> PageRange | None:
        """Returns the text of the pages from `first` to `last`; None if there is no such document."""
        ...
