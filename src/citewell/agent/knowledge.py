"""The protocol by which tools read a project's documents. `citewell.documents.knowledge` implements it with SQL."""

from collections.abc import Sequence
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from citewell.kit.places import Place, locate
from citewell.search.hits import FoundChunk


class Hit(FoundChunk, frozen=True, kw_only=True):
    """A chunk that a search found for an agent. `reference_url` opens the chunk."""

    reference_url: str

    @classmethod
    def at(cls, found: FoundChunk, reference_url: str) -> "Hit":
        """Returns the hit with its address."""
        shared = {name: getattr(found, name) for name in FoundChunk.__struct_fields__}
        return cls(**shared, reference_url=reference_url)


class ChunkText(msgspec.Struct, frozen=True):
    """A chunk as tools and citations need it. `blocks` is the JSON of its blocks with their places on pages."""

    chunk_id: UUID
    document_id: UUID
    document_name: str
    content: str
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    reference_url: str
    blocks: str = "[]"

    @property
    def place(self) -> Place:
        """Returns the place of the whole chunk, under the headings that it begins under."""
        whole = locate(self, 0, len(self.content))
        return msgspec.structs.replace(whole, heading_path=self.heading_path)


class Front(msgspec.Struct, frozen=True):
    """The beginning of a document: its name, and the first characters of its text."""

    document_id: UUID
    name: str
    text: str


class OutlineEntry(msgspec.Struct, frozen=True):
    """One chunk of an outline: its place, the headings above it, and the beginning of its text."""

    chunk_id: UUID
    ordinal: int
    min_page: int | None
    max_page: int | None
    headings: tuple[str, ...]
    preview: str
    table_count: int = 0
    figure_count: int = 0


class Outline(msgspec.Struct, frozen=True):
    """A document and a page of its chunks; `size` in bytes. `char_span` are the characters of its text that the chunks
    cover, from the first one's start to the last one's end; `document_tags` are (name, value)."""

    document_id: UUID
    name: str
    page_count: int | None
    chunk_count: int
    size: int
    status: str
    entries: list[OutlineEntry]
    source: str = ""
    char_span: tuple[int, int] = (0, 0)
    document_tags: list[tuple[str, str]] = []


class DocumentEntry(msgspec.Struct, frozen=True):
    """A document in a list; `score` is the share of the words asked for that it matches, where words were."""

    document_id: UUID
    name: str
    content_type: str
    page_count: int | None
    size: int
    tags: list[tuple[str, str]]
    score: float | None = None


class DocumentList(msgspec.Struct, frozen=True):
    """A page of a list of `total` documents."""

    total: int
    entries: list[DocumentEntry]


class Group(msgspec.Struct, frozen=True):
    label: str
    count: int


class Tally(msgspec.Struct, frozen=True):
    """A count, and its parts, largest first; `more` says that there are others. A document with two tags is in two
    parts, so parts may add up to more than the total."""

    total: int
    groups: list[Group]
    more: bool


class Knowledge(Protocol):
    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]: ...

    async def fronts(self, limit: int) -> list[Front] | None:
        """The beginnings of all documents; None where there are more than `limit`."""
        ...

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]: ...

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        """The chunks of a document in its order, from its beginning, with about `max_chars` characters; without their
        blocks, which `chunk` gives."""
        ...

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """Returns the similarity of each text to the question, from about 0 to 1; None without an embedding model."""
        ...

    async def chunk(self, chunk_id: UUID) -> ChunkText | None: ...

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None: ...


Measure = Literal["documents", "pages", "chunks", "tags", "metadata"]
Grouping = Literal["none", "content_type", "collection", "tag", "metadata", "month", "document"]


class Catalog(Protocol):
    """The project's documents as a list, within what the tool may see."""

    async def documents(self, contains: str, offset: int, limit: int) -> DocumentList:
        """Lists documents by name. With `contains`, only those whose name has the text, in any case."""
        ...

    async def by_name(self, words: Sequence[str], limit: int) -> list[DocumentEntry]:
        """Documents with some of the words in their names, those with most first."""
        ...

    async def by_tags(self, words: Sequence[str], limit: int) -> list[DocumentEntry]:
        """Documents with some of the words in the names or values of their tags, those with most first."""
        ...

    async def tally(self, measure: Measure, grouping: Grouping, key: str, limit: int) -> Tally:
        """Counts the documents, in all and for each value.

        `key` names the tag or metadata to group by; empty: all of them.
        """
        ...
