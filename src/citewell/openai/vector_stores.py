"""Projects as vector stores, their documents as files."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from citewell.agent.knowledge import Hit
from citewell.documents.knowledge import ProjectKnowledge
from citewell.models import Document, Project
from citewell.resources import Resources

_STATES = {"active": "completed", "failed": "failed", "deleted": "cancelled"}


async def search(resources: Resources, project_id: UUID, base_url: str, queries: Sequence[str], limit: int) -> Any:
    """Passages for the queries, best first, each once."""
    knowledge = ProjectKnowledge(
        resources.database, resources.retriever, project_id, base_url, count=resources.usage.count
    )
    found: dict[UUID, Hit] = {}
    for query in queries:
        for hit in await knowledge.search(query, limit):
            if hit.chunk_id not in found or found[hit.chunk_id].score < hit.score:
                found[hit.chunk_id] = hit
    best = sorted(found.values(), key=lambda hit: hit.score, reverse=True)[:limit]
    return {
        "object": "vector_store.search_results.page",
        "search_query": list(queries),
        "data": [_result(hit) for hit in best],
        "has_more": False,
        "next_page": None,
    }


def _result(hit: Hit) -> dict[str, Any]:
    return {
        "file_id": f"file-{hit.document_id}",
        "filename": hit.document_name,
        "score": hit.score,
        "attributes": {"place": hit.place.place or "", "url": hit.reference_url},
        "content": [{"type": "text", "text": hit.content[hit.passage_start : hit.passage_end]}],
    }


def store_to_wire(project: Project, count: int | None = None) -> dict[str, Any]:
    counts = {"in_progress": 0, "completed": count or 0, "failed": 0, "cancelled": 0, "total": count or 0}
    return {
        "id": f"vs_{project.id}",
        "object": "vector_store",
        "created_at": int(project.created_at.timestamp()),
        "name": project.name,
        "description": project.business_brief[:512],
        "usage_bytes": 0,
        "file_counts": counts,
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": int(project.updated_at.timestamp()),
        "metadata": {},
    }


def file_to_wire(document: Document, store_id: UUID) -> dict[str, Any]:
    return {
        "id": f"file-{document.id}",
        "object": "vector_store.file",
        "created_at": int(document.created_at.timestamp()),
        "vector_store_id": f"vs_{store_id}",
        "status": _STATES.get(document.status, "in_progress"),
        "last_error": None,
        "usage_bytes": 0,
        "attributes": {"filename": document.name},
        "chunking_strategy": {"type": "other"},
    }
