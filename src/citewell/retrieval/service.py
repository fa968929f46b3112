"""Retrieval for clients: filters, reformulation, search, reranking, merging, and an optional answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from uuid import UUID

from citewell.agent.knowledge import ChunkText, Front, Hit, Outline
from citewell.agent.limits import LoopLimits
from citewell.agent.loop import Question, answer
from citewell.agent.protocol import Model, ModelError
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.errors import InvalidFields, Unavailable
from citewell.models import Project
from citewell.resources import Resources
from citewell.retrieval.chunk_scope import chunk_scope
from citewell.retrieval.document_filter import passing_documents
from citewell.retrieval.improve import RERANKED, reformulated, reranked
from citewell.retrieval.merge import Merged, merge
from citewell.retrieval.objects import ObjectHit, names_in, search_objects
from citewell.retrieval.repository.objects import ObjectFilter
from citewell.retrieval.schemas import RetrievalRequest
from citewell.search.filters import ChunkScope, SearchFilter
from citewell.search.retrieve import Mode


@dataclass(frozen=True)
class Retrieved:
    """The results of a retrieval. Chunks and objects alternate, the best first. `answer` is None if no question was
    asked.
    """

    query: str
    results: list[Merged | ObjectHit]
    reranked: bool
    answer: str | None = None


async def retrieve(
    resources: Resources, project_id: UUID, request: RetrievalRequest, mode: Mode, base_url: str
) -> Retrieved:
    """Searches as the request says. Raises InvalidFields if it has neither a query nor a question."""
    asked = (request.query or "").strip() or (request.question or "").strip()
    if not asked:
        raise InvalidFields({"query": ["Say what to look for: a query, a question, or both."]})
    async with resources.database.read() as session:
        project = await session.get_one(Project, project_id)
        documents = await passing_documents(session, project_id, request)
        tags = (request.included_tags, request.excluded_tags)
        by_tags = await chunk_scope(session, project_id, *tags)
        chosen = (request.included_objects, request.excluded_objects)
        scope = await chunk_scope(session, project_id, *tags, *chosen) if any(chosen) else by_tags
    named = project.settings.get("default_llm_model", "")
    model = resources.model_of(project_id, named)
    query = await reformulated(model, asked) if request.reformulate_query else asked
    resources.usage.count(project_id)
    chunks, ordered = await _results(resources, project_id, request, mode, query, documents, scope)
    objects = await _objects(resources, project_id, request, mode, query, documents, by_tags)
    results = _alternating(chunks, objects)[: request.n_objects]
    found = Retrieved(query, results, ordered)
    if not (request.question or "").strip():
        return found
    limits = resources.limits_of(named)
    text = await _answer(model, limits, project, request.question or "", chunks, base_url)
    return Retrieved(query, results, ordered, text)


async def _results(
    resources: Resources,
    project_id: UUID,
    request: RetrievalRequest,
    mode: Mode,
    query: str,
    documents: Sequence[UUID] | None,
    scope: ChunkScope,
) -> tuple[list[Merged], bool]:
    """Returns (merged results, whether they were reranked).

    Searches deeper until enough results remain after merging.
    """
    if "chunks" not in request.indexes:
        return [], False
    wanted, limit = request.n_objects, request.n_objects
    while True:
        hits = await resources.retriever.search(
            project_id,
            query,
            limit=max(limit, RERANKED) if request.rerank else limit,
            mode=mode,
            narrowed=SearchFilter.of(documents, chunks=scope),
            rrf_k=request.rrf_k,
        )
        hits, ordered = await reranked(resources.reranker, query, hits) if request.rerank else (hits, False)
        results = merge(hits, score_of(mode) if not ordered else None)
        if len(results) >= wanted or len(hits) < limit or limit >= 4 * wanted:
            return results[:wanted], ordered
        limit *= 2


async def _objects(
    resources: Resources,
    project_id: UUID,
    request: RetrievalRequest,
    mode: Mode,
    query: str,
    documents: Sequence[UUID] | None,
    by_tags: ChunkScope,
) -> list[ObjectHit]:
    if "objects" not in request.indexes:
        return []
    wanted = ObjectFilter(
        names_in(request.included_objects) or None,
        names_in(request.excluded_objects),
        None if documents is None else tuple(documents),
        by_tags.only,
        by_tags.excluded,
    )
    return await search_objects(resources, project_id, query, request.n_objects, mode, wanted, request.rrf_k)


def _alternating(chunks: Sequence[Merged], objects: Sequence[ObjectHit]) -> list[Merged | ObjectHit]:
    """Alternates chunks and objects, because their scores cannot be compared."""
    pairs = zip_longest(chunks, objects)
    return [one for pair in pairs for one in pair if one is not None]


def score_of(mode: Mode) -> str:
    return "similarity" if mode == "semantic" else "score"


async def _answer(
    model: Model, limits: LoopLimits, project: Project, question: str, results: Sequence[Merged], base_url: str
) -> str:
    """Returns an answer from the results alone. Raises Unavailable if the model does not answer."""
    asked = Question(text=question, brief=project.business_brief)
    tool = SearchDocuments(_Found(results, f"{base_url}/{project.id}/reference"))
    try:
        return (await answer(asked, model, [tool], lambda events: None, limits)).content
    except ModelError as error:
        raise Unavailable(error.message) from error


class _Found:
    """Implements `Knowledge` for an agent that may search only in these results."""

    def __init__(self, results: Sequence[Merged], reference: str) -> None:
        self._hits = [Hit.at(result.best, f"{reference}/{result.best.chunk_id}") for result in results]

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        return self._hits

    async def fronts(self, limit: int) -> list[Front] | None:
        return await self.fronts_of(list({hit.document_id for hit in self._hits}))

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]:
        names = {hit.document_id: hit.document_name for hit in self._hits}
        return [Front(document_id, names[document_id], "") for document_id in document_ids]

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        shared = ChunkText.__struct_fields__
        mine = [hit for hit in self._hits if hit.document_id == document_id]
        return [ChunkText(**{name: getattr(hit, name) for name in shared}) for hit in mine]

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        return None

    async def chunk(self, chunk_id: UUID) -> ChunkText | None:
        return None

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        return None
