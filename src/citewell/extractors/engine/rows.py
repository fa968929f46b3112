"""Extracted objects as rows of a table of objects."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from citewell.agent.knowledge import ChunkText
from citewell.extractors.engine.evidence import Found, pages_of
from citewell.extractors.engine.objects import Extracted

_MAX_CONTENT = 20_000  # characters


def object_rows(
    objects: Sequence[Extracted], chunks: Sequence[ChunkText], version_id: UUID | None, version: str
) -> list[dict[str, Any]]:
    """Returns a row for each object of one document. The n-th object of a document has the same id in every run."""
    return [_row(one, number, chunks[0].document_id, version_id, version) for number, one in enumerate(objects)]


def _row(one: Extracted, number: int, document_id: UUID, version_id: UUID | None, version: str) -> dict[str, Any]:
    found = list(one.found.values())
    first, last = pages_of(found)
    blocks = _blocks(found)
    evidence = one.evidence(version_id)
    return {
        "id": str(uuid5(document_id, f"object:{number}")),
        "json_object": one.values,
        "object_bbox": [box for entry in evidence.values() for box in entry.get("boxes", ())][:100],
        "document_id": str(document_id),
        "min_page": first,
        "max_page": last,
        "content": content_of(one.values),
        "blocks": blocks,
        "selected_blocks": blocks,
        "version": version,
        "evidence": evidence,
    }


def content_of(values: dict[str, Any]) -> str:
    """Returns an object as text, a line for each value."""
    return "\n".join(_lines(values, ""))[:_MAX_CONTENT]


def _lines(value: Any, above: str) -> list[str]:
    if isinstance(value, dict):
        return [line for name, inner in value.items() for line in _lines(inner, f"{above} {name}".strip())]
    if isinstance(value, list):
        return [line for inner in value for line in _lines(inner, above)]
    return [] if value is None else [f"{above}: {value}"]


def _blocks(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Returns the words that the values were read from, each once."""
    words = {(source.chunk.chunk_id, source.start): source.verbatim for one in found for source in one.sources[:1]}
    return [{"type": "text", "content": text} for text in words.values()]
