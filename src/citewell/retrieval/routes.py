"""Retrieval over HTTP: by meaning, by words, and by both."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from citewell.auth.dependencies import GuardParam, ResourcesParam, Viewer
from citewell.kit.urls import absolute_references, base_url
from citewell.retrieval.merge import Merged
from citewell.retrieval.objects import ObjectHit, object_to_wire
from citewell.retrieval.schemas import RetrievalAnswer, RetrievalRequest
from citewell.retrieval.service import retrieve
from citewell.search.retrieve import Mode

router = APIRouter(prefix="/projects/{project_id}", tags=["Retrieval"])


@router.post("/retrieve-with-naive/", operation_id="retrieveWithNaive", response_model=RetrievalAnswer)
async def by_meaning(
    access: Viewer, resources: ResourcesParam, guard: GuardParam, request: Request, body: RetrievalRequest
) -> Any:
    """Chunks whose meaning is closest to the query."""
    return await guard.finish(_retrieve(access, resources, request, body, "semantic"), request, access)


@router.post(
    "/retrieve-with-full-text-search/", operation_id="retrieveWithFullTextSearch", response_model=RetrievalAnswer
)
async def by_words(
    access: Viewer, resources: ResourcesParam, guard: GuardParam, request: Request, body: RetrievalRequest
) -> Any:
    """Chunks that have the words of the query, by BM25. Words between double quotes must stand there as they are."""
    return await guard.finish(_retrieve(access, resources, request, body, "text"), request, access)


@router.post("/retrieve-with-hybrid-search/", operation_id="retrieveWithHybridSearch", response_model=RetrievalAnswer)
async def by_both(
    access: Viewer, resources: ResourcesParam, guard: GuardParam, request: Request, body: RetrievalRequest
) -> Any:
    """Words by rank and meaning by cosine, fused; with `rrf_k`, by the reciprocal ranks of both."""
    return await guard.finish(_retrieve(access, resources, request, body, "hybrid"), request, access)


async def _retrieve(
    access: Viewer, resources: ResourcesParam, request: Request, body: RetrievalRequest, mode: Mode
) -> Any:
    base = base_url(request, resources.settings)
    found = await retrieve(resources, access.project_id, body, mode, base)
    reference = f"{base}/{access.project_id}/reference"
    return {
        "retrieval_results": [_wire(result, reference) for result in found.results],
        "answer": None if found.answer is None else _absolute(found.answer, base, access.project_id),
        "query": found.query,
        "reranked": found.reranked,
    }


def _absolute(answer: str, base: str, project_id: UUID) -> str:
    return absolute_references(answer.encode(), base, project_id).decode()


def _wire(result: Merged | ObjectHit, reference: str) -> dict[str, Any]:
    if isinstance(result, ObjectHit):
        return object_to_wire(result, reference)
    best = result.best
    place = best.place
    return {
        "uuid": str(best.chunk_id),
        "chunk_ids": result.chunk_ids,
        "content": result.content,
        "name": best.document_name,
        "document_id": best.document_id,
        "reference_url": f"{reference}/{best.chunk_id}",
        "score": result.score,
        "similarity": best.similarity,
        "passage": best.content[best.passage_start : best.passage_end],
        "min_page": place.min_page,
        "max_page": place.max_page,
        "place": place.place,
        "heading_path": place.heading_path,
    }
