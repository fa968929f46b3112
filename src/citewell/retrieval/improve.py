"""Optional steps around a search: reformulating the query, and reranking the results."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import structlog

from citewell.agent.protocol import Message, Model, ModelError, ModelRequest, TextDelta
from citewell.errors import Unavailable
from citewell.search.hits import FoundChunk
from citewell.search.rerank import Reranker

log = structlog.get_logger(__name__)

RERANKED = 50  # candidates that a reranker reads
_REFORMULATE = (
    "Rewrite the user's message as one query for a search engine over documents: keep names, numbers and codes, add "
    "the words that the documents are likely to use, leave out politeness. Answer with the query alone."
)
_MAX_QUERY = 500

Found = TypeVar("Found", bound=FoundChunk)


async def reranked(reranker: Reranker | None, query: str, hits: Sequence[Found]) -> tuple[list[Found], bool]:
    """Returns (hits, whether they were reranked), with the reranker's order and scores.

    The hits are unchanged if there is no reranker, or it does not answer.
    """
    if reranker is None or not hits:
        return list(hits), False
    texts = [hit.content[hit.passage_start : hit.passage_end] for hit in hits]
    try:
        scores = await reranker.scores(query, texts)
    except Unavailable as error:
        log.warning("rerank_failed", reason=error.message)
        return list(hits), False
    scored = [msgspec.structs.replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(scored, key=lambda hit: hit.score, reverse=True), True


async def reformulated(model: Model, text: str) -> str:
    """Returns the query in other words; unchanged with the extractive model, or if the model does not answer."""
    if model.name == "extractive":
        return text
    request = ModelRequest([Message("system", _REFORMULATE), Message("user", text)], [], max_output_tokens=200)
    said = ""
    try:
        async for events in model.stream(request):
            said += "".join(event.text for event in events if isinstance(event, TextDelta))
    except ModelError as error:
        log.warning("reformulation_failed", reason=error.message)
        return text
    return said.strip().strip('"')[:_MAX_QUERY] or text
