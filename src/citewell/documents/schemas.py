"""Documents on the wire."""

import functools
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import Query
from pydantic import BaseModel, Field

from citewell.documents.file_links import FileLinks
from citewell.documents.waiting import Waiting
from citewell.errors import InvalidFields
from citewell.ingestion.reading_warnings import WarningDetail, details
from citewell.kit.pagination import MAX_OFFSET
from citewell.models import Document

MAX_IDS = 1000
MAX_LISTED = 10_000  # documents in an answer without pages
MAX_METADATA_PAIRS = 200
MAX_METADATA_CHARS = 2000


Pair = Annotated[list[str], Field(min_length=2, max_length=2)]  # key and value


class DocumentMinimal(BaseModel):
    """`collection_id` is null in the default collection."""

    id: UUID
    name: str
    content_type: str
    page_count: int | None
    file_size: int | None
    metadata: list[Pair]
    status: str
    collection_id: UUID | None


class DocumentOut(DocumentMinimal):
    file: str
    computed_pdf_file: str | None = None
    source: str
    source_metadata: dict[str, Any]


class IndexingStatus(BaseModel):
    """Where a document is on its way. What follows `status` is ours, the rest is the contract's.

    `pages_done` of `pages` are ready to be searched, in the version with the number `version`. `waits_for` says why
    nothing happens at the moment, `waits_code` is the stable name of that reason and `waits_values` has its numbers;
    `next_attempt_at` is when something will happen. `warnings` name what of it could not be read, or not with
    certainty, and `warning_details` has their codes. `language` is a code like `en`, null until it is known.
    """

    document_id: UUID
    document_name: str
    extractor_type: str = "chunks_extractor"
    extractor_id: UUID
    extractor_version_id: UUID
    status: str
    stage: str
    version: int
    attempts: int
    pages: int | None
    pages_done: int
    waits_for: str | None
    waits_code: str | None
    waits_values: dict[str, int]
    next_attempt_at: datetime | None
    error: dict[str, str] | None
    warnings: list[str] = []
    warning_details: list[WarningDetail] = []
    language: str | None = None


# Of the answers that list documents without pages.
Limit = Annotated[int, Query(ge=1, le=MAX_LISTED, description="Without ids: so many documents, newest first.")]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET, description="Without ids: documents to skip.")]


def parse_ids(text: str | None) -> list[UUID] | None:
    """The query parameter `document_ids`: ids with commas between them; None if it says nothing."""
    if text is None or not text.strip():
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_IDS:
        raise InvalidFields({"document_ids": [f"At most {MAX_IDS} ids at once; {len(parts)} were sent."]})
    try:
        return [UUID(part) for part in parts]
    except ValueError:
        raise InvalidFields({"document_ids": ["Must be document ids (UUIDs), separated by commas."]}) from None


def status_of(document: Any, version: Any, waiting: Waiting | None) -> IndexingStatus:
    """Renders a document with its newest version. Both may be a row of `settled_rows`."""
    extractor, extractor_version = _extractor_of(document.project_id)
    failure = version.failure if document.status == "active" else None
    error = {"code": failure.error_code or "", "message": failure.error or ""} if failure is not None else None
    return IndexingStatus.model_construct(  # of our own values, for thousands of documents
        document_id=document.id,
        document_name=document.name,
        extractor_id=extractor,
        extractor_version_id=extractor_version,
        status=indexing_status(document, version),
        stage=version.stage,
        version=version.number,
        attempts=version.attempts,
        pages=version.page_count,
        pages_done=version.pages_done,
        waits_for=waiting.reason if waiting else None,
        waits_code=waiting.code if waiting else None,
        waits_values={"attempt": waiting.attempt} if waiting and waiting.attempt else {},
        next_attempt_at=waiting.until if waiting else None,
        error=error,
        warnings=version.warnings,
        warning_details=[details(one) for one in version.warnings],
        language=version.language,
    )


@functools.lru_cache(maxsize=64)
def _extractor_of(project_id: UUID) -> tuple[UUID, UUID]:
    """Until extractors can be made, a project has one: the ids of it and of its version follow from the project's."""
    extractor = uuid5(project_id, "chunks-extractor")
    return extractor, uuid5(extractor, "1")


def minimal(row: Any) -> dict[str, Any]:
    """Renders a document, or the row of a list with its columns."""
    return {
        "id": row.id,
        "name": row.name,
        "content_type": row.content_type,
        "page_count": row.page_count,
        "file_size": row.file_size,
        "metadata": row.metadata_pairs,
        "status": row.status,
        "collection_id": row.collection_id,
    }


def full(row: Document, links: FileLinks, *, failed: bool = False) -> dict[str, Any]:
    """`failed` if its newest version could not be processed."""
    return {
        **minimal(row),
        "status": "failed" if failed and row.status == "active" else row.status,
        "file": links.document(row),
        "computed_pdf_file": links.computed_pdf(row),
        "source": row.source,
        "source_metadata": row.source_metadata,
    }


def indexing_status(document: Any, version: Any) -> str:
    """Returns the contract's state of (document, extractor)."""
    if document.status != "active":
        return str(document.status)
    by_stage = {
        "embedded": "ready_to_publish",
        "published": "active",
        "superseded": "active",
        "failed": "failed",
    }
    return by_stage.get(version.stage, "indexing" if version.started else "created")


def parse_metadata(text: str | None, files: int) -> list[list[list[str]]]:
    """The `files_metadata` field: a JSON array with one list of [key, value] pairs (or an object) for each file.

    By the contract a value of the wrong shape or length is ignored as a whole.
    """
    nothing: list[list[list[str]]] = [[] for _ in range(files)]
    if not text:
        return nothing
    try:
        entries = json.loads(text)
        if not isinstance(entries, list) or len(entries) != files:
            return nothing
        return [_pairs(entry) for entry in entries]
    except (ValueError, TypeError, RecursionError):
        return nothing


def _pairs(entry: Any) -> list[list[str]]:
    if isinstance(entry, dict):
        entry = [[key, value] for key, values in entry.items() for value in _as_list(values)]
    pairs = [[str(key)[:MAX_METADATA_CHARS], str(value)[:MAX_METADATA_CHARS]] for key, value in entry or []]
    return pairs[:MAX_METADATA_PAIRS]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
