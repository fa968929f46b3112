"""Finds out why searches do not find a document."""

from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.chunks import count_chunks
from citewell.documents.repository.passages import count_passages, languages_of_passages, terms_in_passages
from citewell.documents.repository.versions import indexing_rows
from citewell.documents.schemas import IndexingStatus, status_of
from citewell.documents.waiting import waiting
from citewell.embedding.protocol import speaks
from citewell.errors import NotFound
from citewell.ingestion.reading_warnings import WarningDetail, details
from citewell.jobs.queue import outage_of
from citewell.models import Document, DocumentVersion
from citewell.resources import Resources
from citewell.search.analyse import query_terms
from citewell.search.filters import SearchFilter
from citewell.search.retrieve import MAX_LIMIT

# The web app has texts for these codes (ui/src/library/reason-texts.ts).
ReasonCode = Literal[
    "below_others",
    "deleted",
    "failed",
    "failed_old_found",
    "no_model",
    "no_text",
    "no_words",
    "rank",
    "underway",
    "underway_old_found",
    "unknown_language",
    "vectors_missing",
]
REASON_CODES: tuple[str, ...] = get_args(ReasonCode)
_MODES = ("text", "semantic", "hybrid")


async def diagnose(resources: Resources, project_id: UUID, document_id: UUID, query: str | None) -> dict[str, Any]:
    """Returns the state of the document, and the reasons why searches may not find it (see `Diagnosis`).

    With a query, also its rank in each kind of search, and which of the query's words it has. Raises NotFound.
    """
    async with resources.database.read() as session:
        rows = await indexing_rows(session, project_id, [document_id])
        if not rows:
            raise NotFound("There is no such document in this project, and there has been none.")
        [(document, version)] = rows
        live_versions = [version] if document.status == "active" else []
        waits = await waiting(session, live_versions, outage_of(resources.queue))
        live = await _live_version(session, document)
        counts = await _counts(session, project_id, live)
    status = status_of(document, version, waits.get(version.id))
    reasons = _reasons(resources, document, live, counts, status)
    found: dict[str, Any] = {
        "document_id": document_id,
        "document_name": document.name,
        "searchable": document.status == "active" and counts["passages"] > 0,
        "indexing": status,
        "live_version": live.number if live else None,
        "language": live.language if live else None,
        **counts,
        "query": None,
    }
    if query and query.strip() and found["searchable"]:
        found["query"] = await _ranks(resources, project_id, document_id, query)
        reasons.append(_ranking_reason(found["query"]))
    return found | {"reasons": [reason.text for reason in reasons], "reason_details": reasons}


def _reason(code: ReasonCode, text: str, **values: str | int) -> WarningDetail:
    return WarningDetail(text, code, values)


async def _live_version(session: AsyncSession, document: Document) -> DocumentVersion | None:
    if document.live_version_id is None:
        return None
    return await session.get(DocumentVersion, (document.project_id, document.live_version_id))


async def _counts(session: AsyncSession, project_id: UUID, live: DocumentVersion | None) -> dict[str, int]:
    if live is None:
        return {"chunks": 0, "passages": 0, "embedded_passages": 0}
    passages, embedded = await count_passages(session, project_id, live.document_id, live.id)
    chunks = await count_chunks(session, project_id, live.id)
    return {"chunks": chunks, "passages": passages, "embedded_passages": embedded}


def _reasons(
    resources: Resources,
    document: Document,
    live: DocumentVersion | None,
    counts: dict[str, int],
    status: IndexingStatus,
) -> list[WarningDetail]:
    if document.status != "active":
        text = "The document was deleted: searches leave it out from that moment on. Upload it again."
        return [_reason("deleted", text)]
    reasons = []
    if status.error is not None:
        kept = " The version before it is still found." if live else ""
        text = f"Its newest version failed: {status.error['message']}{kept}"
        reasons.append(_reason("failed_old_found" if live else "failed", text))
    elif status.status != "active":
        waits = f"; it waits for: {status.waits_for}" if status.waits_for else ""
        old = " Until then its old version is found." if live else ""
        text = f"It is still being processed (stage {status.stage}{waits}).{old}"
        reasons.append(_reason("underway_old_found" if live else "underway", text))
    reasons += [details(one) for one in live.warnings] if live else []
    if live is None or status.stage not in ("published", "superseded"):
        return reasons
    if counts["passages"] == 0:
        text = "It has no text that could be searched: all of its blocks may be of excluded types."
        reasons.append(_reason("no_text", text))
    elif resources.embedder is None:
        reasons.append(_reason("no_model", "No embedding model is loaded: it is found by its words alone."))
    elif counts["embedded_passages"] < counts["passages"]:
        if speaks(resources.embedder, live.language or "unknown"):
            text = "Some of its passages have no vectors of the current model yet: they are found by their words."
            reasons.append(_reason("vectors_missing", text))
        else:
            text = f"The embedding model does not know its language ({live.language}): it is found by its words."
            reasons.append(_reason("unknown_language", text, language=live.language or ""))
    return reasons


async def _ranks(resources: Resources, project_id: UUID, document_id: UUID, query: str) -> dict[str, Any]:
    """Returns the document's rank among the best results of each kind of search (None: not among them), its best
    passage, and the query's words that its passages have and lack.
    """
    ranks: dict[str, int | None] = {}
    for mode in _MODES:
        hits = await resources.retriever.search(project_id, query, limit=MAX_LIMIT, mode=mode)  # type: ignore[arg-type]
        documents = list(dict.fromkeys(hit.document_id for hit in hits))
        ranks[mode] = documents.index(document_id) + 1 if document_id in documents else None
    own = await resources.retriever.search(project_id, query, limit=1, narrowed=SearchFilter.of([document_id]))
    async with resources.database.read() as session:
        languages = await languages_of_passages(session, project_id, document_id)
        terms = query_terms(query, languages)
        known = await terms_in_passages(session, project_id, document_id, terms)
    best = own[0].content[own[0].passage_start : own[0].passage_end] if own else None
    return {
        "text": query,
        "ranks": ranks,
        "best_passage": best,
        "terms_found": [term for term in terms if term in known],
        "terms_missing": [term for term in terms if term not in known],
    }


def _ranking_reason(query: dict[str, Any]) -> WarningDetail:
    rank = query["ranks"]["hybrid"]
    if rank is not None:
        text = f"For this query it is result {rank}: ask for at least that many, or narrow the search by a filter."
        return _reason("rank", text, rank=rank)
    if not query["terms_found"]:
        text = "It contains none of the query's words, and other documents are closer to it in meaning."
        return _reason("no_words", text)
    text = f"Others fit this query better: it ranks below the first {MAX_LIMIT}."
    return _reason("below_others", text, first=MAX_LIMIT)
