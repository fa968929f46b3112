"""Documents on the wire."""

import json
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from citewell.models import Document, DocumentVersion

MAX_METADATA_PAIRS = 200
MAX_METADATA_CHARS = 2000


class DocumentMinimal(BaseModel):
    id: UUID
    name: str
    content_type: str
    page_count: int | None
    file_size: int | None
    metadata: list[tuple[str, str]]
    status: str


class DocumentOut(DocumentMinimal):
    file: str
    computed_pdf_file: str | None = None
    source: str
    source_metadata: dict[str, Any]


class IndexingStatus(BaseModel):
    """Where a document is on its way. `stage`, `attempts` and `error` are ours, the rest is the contract's."""

    document_id: UUID
    document_name: str
    extractor_type: str = "chunks_extractor"
    extractor_id: UUID
    extractor_version_id: UUID
    status: str
    stage: str
    attempts: int
    error: dict[str, str] | None


def minimal(row: Document) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "content_type": row.content_type,
        "page_count": row.page_count,
        "file_size": row.file_size,
        "metadata": row.metadata_pairs,
        "status": row.status,
    }


def full(row: Document, base_url: str) -> dict[str, Any]:
    """`base_url` is that of the API the client called, without a slash at its end."""
    return {
        **minimal(row),
        "file": f"{base_url}/api/v1/projects/{row.project_id}/documents/{row.id}/file/",
        "computed_pdf_file": None,
        "source": row.source,
        "source_metadata": row.source_metadata,
    }


def indexing_status(document: Document, version: DocumentVersion) -> str:
    """The contract's state of (document, extractor)."""
    if document.status != "active":
        return document.status
    by_stage = {"embedded": "ready_to_publish", "published": "active", "failed": "failed"}
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
