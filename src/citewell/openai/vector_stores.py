"""Projects as vector stores, their documents as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.knowledge import Hit
from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.readable import ReadableDocuments
from citewell.documents.repository.counts import DONE, FAILED, DocumentCounts
from citewell.errors import NotFound
from citewell.models import Document, DocumentVersion, Project
from citewell.openai import repository
from citewell.openai.repository import File, Slice, State
from citewell.resources import Resources

Order = Literal["asc", "desc"]
T = TypeVar("T")

_MOST_ATTRIBUTES = 15  # of OpenAI's 16, beside the name


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: `limit` entries behind `after`, or those right before `before`. Ids rise with
    time, so `desc` shows the newest first."""

    limit: int
    order: Order
    after: UUID | None
    before: UUID | None

    @property
    def is_upward(self) -> bool:
        """Whether the entries are looked for from small ids to large ones."""
        return (self.order == "asc") == self._is_forward

    @property
    def _is_forward(self) -> bool:
        return self.before is None or self.after is not None

    @property
    def bounds(self) -> tuple[UUID | None, UUID | None]:
        """The ids are above the first and below the second; None is no bound."""
        return (self.after, self.before) if self.order == "asc" else (self.before, self.after)

    def in_list_order(self, found: list[T]) -> list[T]:
        """Returns what was found, in the order of the list."""
        return found if self._is_forward else found[::-1]

    def of(self, entries: Sequence[tuple[UUID, T]]) -> tuple[list[T], bool]:
        """Returns the page of a list that is there as a whole, and whether more follow."""
        ordered = sorted(entries, key=lambda entry: entry[0], reverse=not self.is_upward)
        low, high = self.bounds
        found = [
            entry
            for identity, entry in ordered
            if (low is None or identity > low) and (high is None or identity < high)
        ]
        return self.in_list_order(found[: self.limit]), len(found) > self.limit


async def search(
    resources: Resources,
    project_id: UUID,
    base_url: str,
    queries: Sequence[str],
    limit: int,
    within: Sequence[ColumnElement[bool]] = (),
) -> Any:
    """Passages for the queries, best first, each once; only of documents that meet the conditions.

    Scores are between 0 and 1, as OpenAI's API defines them: where the best is higher, they are shares of the best.
    """
    documents = ReadableDocuments(project_id, within)
    knowledge = ProjectKnowledge(
        resources.database, resources.retriever, documents, base_url, count=resources.usage.count
    )
    found: dict[UUID, Hit] = {}
    for query in queries:
        for hit in await knowledge.search(query, limit):
            if hit.chunk_id not in found or found[hit.chunk_id].score < hit.score:
                found[hit.chunk_id] = hit
    best = sorted(found.values(), key=lambda hit: hit.score, reverse=True)[:limit]
    most = max(1.0, best[0].score) if best else 1.0
    return {
        "object": "vector_store.search_results.page",
        "search_query": list(queries),
        "data": [_result(hit, most) for hit in best],
        "has_more": False,
        "next_page": None,
    }


def _result(hit: Hit, most: float) -> dict[str, Any]:
    return {
        "file_id": f"file-{hit.document_id}",
        "filename": hit.document_name,
        "score": hit.score / most,
        "attributes": {"place": hit.place.place or "", "url": hit.reference_url},
        "content": [{"type": "text", "text": hit.content[hit.passage_start : hit.passage_end]}],
    }


async def list_files(
    session: AsyncSession, project_id: UUID, page: Page, state: State | None
) -> tuple[list[File], bool]:
    """Returns a page of the project's documents with their newest versions, and whether more follow."""
    low, high = page.bounds
    part = Slice(low, high, page.is_upward, page.limit + 1)
    rows = await repository.list_files(session, project_id, part, state)
    return page.in_list_order(rows[: page.limit]), len(rows) > page.limit


async def find_file(session: AsyncSession, project_id: UUID, file_id: UUID | None) -> File:
    """Returns a document with its newest version. Raises NotFound."""
    found = await repository.find_file(session, project_id, file_id)
    if found is None:
        raise NotFound("There is no such file in this vector store.")
    return found


def store_to_wire(project: Project, counts: DocumentCounts) -> dict[str, Any]:
    return {
        "id": f"vs_{project.id}",
        "object": "vector_store",
        "created_at": int(project.created_at.timestamp()),
        "name": project.name,
        "description": project.business_brief[:512],
        "usage_bytes": counts.bytes,
        "file_counts": {
            "in_progress": counts.processing,
            "completed": counts.ready,
            "failed": counts.failed,
            "cancelled": 0,
            "total": counts.total,
        },
        "status": "in_progress" if counts.processing else "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": int(project.updated_at.timestamp()),
        "metadata": {},
    }


def file_to_wire(document: Document, version: DocumentVersion) -> dict[str, Any]:
    failure = version.failure
    error = {"code": "invalid_file", "message": failure.error or ""} if failure is not None else None
    return {
        "id": f"file-{document.id}",
        "object": "vector_store.file",
        "created_at": int(document.created_at.timestamp()),
        "vector_store_id": f"vs_{document.project_id}",
        "status": "completed" if version.stage in DONE else "failed" if version.stage == FAILED else "in_progress",
        "last_error": error,
        "usage_bytes": document.file_size,
        "attributes": {"filename": document.name} | dict(document.metadata_pairs[:_MOST_ATTRIBUTES]),
        "chunking_strategy": {"type": "other"},
    }
