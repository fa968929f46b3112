"""Finds documents rather than passages. There is one tool for each mode: all, by name, by tags, by content."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from citewell.agent.knowledge import Catalog, DocumentEntry, Hit, Knowledge
from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.texts import Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools import narrowing
from citewell.agent.tools.document_outline import tags_on_wire
from citewell.agent.tools.retrieval import as_material, heading, where

MAX_WORDS = 20
_LIMIT = check.Integer("limit", "How many to list.", default=50, least=1, most=200)
FOUND_LIMIT = 10
MAX_FOUND = 50
_HITS_PER_DOCUMENT = 4  # chunks that a search by content reads for each document that is asked for
_WORD = re.compile(r"\w+")


class ListDocumentNames:
    """Lists all documents by name, page by page."""

    tool_type = "document_retrieval"
    spec = ToolSpec(
        name="list_documents",
        description="List the names and ids of the documents, page by page. Tells which documents there are.",
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "Only documents with this text in their name."},
                "offset": {"type": "integer", "minimum": 0, "default": 0, "description": "Documents to skip."},
                "limit": _LIMIT.schema,
            },
            "required": [],
        },
    )

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        offset = check.integer(arguments, "offset", 0, 0, 10**7)
        limit = _LIMIT.read(arguments)
        found = await self._catalog.documents(check.optional_text(arguments, "query"), offset, limit)
        following = offset + len(found.entries)
        more = f"\n(goes on at offset {following})" if following < found.total else ""
        lines = "\n".join(_line(entry) for entry in found.entries)
        return ToolOutcome([_wire(entry) for entry in found.entries], f"{found.total} documents:\n{lines}{more}")


class FindByName:
    """Finds documents by their names only."""

    tool_type = "document_retrieval"

    def __init__(self, catalog: Catalog, results: int = FOUND_LIMIT) -> None:
        self._catalog = catalog
        self._results = results
        self.spec = _finder("find_documents_by_name", "Find documents by words of their names.", results)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        limit = check.integer(arguments, "top_k", self._results, 1, MAX_FOUND)
        return _found(await self._catalog.by_name(words(check.text(arguments, "query")), limit))


class FindByTags:
    """Finds documents by their tags. Tags are no evidence, so these results cannot be cited."""

    tool_type = "document_retrieval"

    def __init__(self, catalog: Catalog, results: int = FOUND_LIMIT) -> None:
        self._catalog = catalog
        self._results = results
        self.spec = _finder("find_documents_by_tags", "Find documents by words of their tags.", results)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        limit = check.integer(arguments, "top_k", self._results, 1, MAX_FOUND)
        return _found(await self._catalog.by_tags(words(check.text(arguments, "query")), limit))


class FindByContent:
    """Finds documents by their content. Each result has its best passage, which can be cited."""

    tool_type = "document_retrieval"

    def __init__(self, knowledge: Knowledge, results: int = FOUND_LIMIT, texts: Texts | None = None) -> None:
        self._knowledge = knowledge
        self._results = results
        self._texts = texts
        self.spec = _finder(
            "find_documents",
            "Find documents by what they say; shows the best passage of each.",
            results,
            narrowing.PROPERTIES if texts is not None else {},
        )

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        limit = check.integer(arguments, "top_k", self._results, 1, MAX_FOUND)
        query = check.text(arguments, "query")
        chosen = await narrowing.choose(self._texts, arguments)
        hits = await self._knowledge.search(query, limit * _HITS_PER_DOCUMENT, chosen.document_ids)
        best = {hit.document_id: hit for hit in reversed(hits)}
        shown = [(sources.label(hit), hit) for hit in hits if best[hit.document_id] is hit][:limit]
        if not shown:
            return ToolOutcome([], f"No document was found: try other words.\n{chosen.note}".strip())
        texts = [f"{heading(label, hit)}\n(document {hit.document_id})\n{_passage(hit)}" for label, hit in shown]
        return ToolOutcome(
            [_content_wire(label, hit) for label, hit in shown], "\n\n".join([*texts, chosen.note]).strip()
        )


def words(query: str) -> list[str]:
    """Returns the distinct words of a query in lower case; a query without any word is returned as one."""
    found = dict.fromkeys(_WORD.findall(query.lower().replace("_", " ")))
    return list(found)[:MAX_WORDS] or [query.lower()]


def _finder(name: str, description: str, results: int, more: Mapping[str, Any] = MappingProxyType({})) -> ToolSpec:
    properties = {
        "query": {"type": "string", "description": "What to look for."},
        "top_k": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_FOUND,
            "default": results,
            "description": "How many documents to give.",
        },
        **more,
    }
    return ToolSpec(name, description, {"type": "object", "properties": properties, "required": ["query"]})


def _found(entries: Sequence[DocumentEntry]) -> ToolOutcome:
    if not entries:
        return ToolOutcome([], "No document was found: try other words.")
    return ToolOutcome([_wire(entry) for entry in entries], "\n".join(_line(entry) for entry in entries))


def _wire(entry: DocumentEntry) -> dict[str, Any]:
    wire: dict[str, Any] = msgspec.to_builtins(entry)
    return wire | {"tags": tags_on_wire(entry.tags)}


def _line(entry: DocumentEntry) -> str:
    pages = f", {entry.page_count} pages" if entry.page_count else ""
    labels = "".join(f", {name}: {value}" for name, value in entry.tags)
    return f"{entry.document_id}: {as_material(entry.name)}{pages}{labels}"


def _passage(hit: Hit) -> str:
    return as_material(hit.content[hit.passage_start : hit.passage_end])


def _content_wire(label: str, hit: Hit) -> dict[str, Any]:
    return {
        "document_id": str(hit.document_id),
        "name": hit.document_name,
        "label": label,
        "uuid": str(hit.chunk_id),
        "passage": hit.content[hit.passage_start : hit.passage_end],
        "score": round(hit.score, 6),
        "reference_url": hit.reference_url,
        **where(hit.place),
    }
