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
        """Returns the found chunk as a hit with this address."""
        shared = {name: getattr(found, name) for name in FoundChunk.__struct_fields__}
        return cls(**shared, reference_url=reference_url)


class ChunkText(msgspec.Struct, frozen=True):
    """A chunk as tools and citations need it. `blocks` is the JSON of its blocks with their positions on pages."""

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
        """The place of the whole chunk, with the headings that its beginning stands under."""
        whole = locate(self, 0, len(self.content))
        return msgspec.structs.replace(whole, heading_path=self.heading_path)


class Front(msgspec.Struct, frozen=True):
    """A document's name and the first characters of its text."""

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
    """A document and one page of its list of chunks.

    `size` is in bytes. `char_span` is (start of the first chunk, end of the last one) in characters of the document's
    text. `document_tags` are (name, value).
    """

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
    """A document in a list. `score` is the share of the query's words that it matches, from 0 to 1; None without a
    query.
    """

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
    """A total and its groups, largest first. `more` says that there are further groups.

    A document with two tags is in two groups, so the groups may add up to more than the total.
    """

    total: int
    groups: list[Group]
    more: bool


class Knowledge(Protocol):
    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]: ...

    async def fronts(self, limit: int) -> list[Front] | None:
        """Returns the beginnings of all documents; None if there are more than `limit`."""
        ...

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]: ...

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        """Returns the first chunks of a document in order, with about `max_chars` characters in all.

        They have no `blocks`; `chunk` returns these.
        """
        ...

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """Returns the similarity of each text to the question, from about 0 to 1; None without an embedding model."""
        ...

    async def chunk(self, chunk_id: UUID) -> ChunkText | None: ...

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None: ...


Measure = Literal["documents", "pages", "chunks", "tags", "metadata"]
Grouping = Literal["none", "content_type", "collection", "tag", "metadata", "month", "document"]


class Catalog(Protocol):
    """The project's documents as a list, within what the tool may see and, if given, among `document_ids`."""

    async def documents(
        self, contains: str, offset: int, limit: int, document_ids: Sequence[UUID] | None = None
    ) -> DocumentList:
        """Lists documents by name. With `contains`, only those whose name has the text, in any case."""
        ...

    async def by_name(
        self, words: Sequence[str], limit: int, document_ids: Sequence[UUID] | None = None
    ) -> list[DocumentEntry]:
        """Returns documents that have words of the query in their name, those with most of them first."""
        ...

    async def by_tags(
        self, words: Sequence[str], limit: int, document_ids: Sequence[UUID] | None = None
    ) -> list[DocumentEntry]:
        """Returns documents that have words of the query in their tags (names or values), those with most first."""
        ...

    async def tally(self, measure: Measure, grouping: Grouping, key: str, limit: int) -> Tally:
        """Counts what `measure` names, in all and for each group.

        `key` is the tag or metadata field to group by; if empty, all of them. At most `limit` groups are returned.
        """
        ...
