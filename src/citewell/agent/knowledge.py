"""What tools may read of a project's documents. Implemented over SQL in `citewell.documents.knowledge`."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec


class Hit(msgspec.Struct, frozen=True):
    """A chunk that a search found. `passage_start` and `passage_end` are its best passage, in characters of
    `content`; `similarity` is the cosine to the query where vectors were searched; `reference_url` opens the chunk."""

    chunk_id: UUID
    document_id: UUID
    document_name: str
    content: str
    passage_start: int
    passage_end: int
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    score: float
    similarity: float | None
    reference_url: str


class ChunkText(msgspec.Struct, frozen=True):
    chunk_id: UUID
    document_id: UUID
    document_name: str
    content: str
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    reference_url: str


class OutlineEntry(msgspec.Struct, frozen=True):
    chunk_id: UUID
    ordinal: int
    min_page: int | None
    max_page: int | None
    headings: tuple[str, ...]
    preview: str


class Outline(msgspec.Struct, frozen=True):
    """A document and a page of its chunks; `size` in bytes."""

    document_id: UUID
    name: str
    page_count: int | None
    chunk_count: int
    size: int
    status: str
    entries: list[OutlineEntry]


class Knowledge(Protocol):
    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]: ...

    async def chunk(self, chunk_id: UUID) -> ChunkText | None: ...

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None: ...
