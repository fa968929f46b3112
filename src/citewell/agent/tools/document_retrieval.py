"""Finds documents rather than passages. There is one tool for each mode: all, by name, by tags, by content."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

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
_OFFSET = check.offset("Documents")
_LIMIT = check.Integer("limit", "How many to list.", default=50, least=1, most=200)
FOUND_LIMIT = 10
MAX_FOUND = 50
_NO_DOCUMENT = "No document was found: try other words."
_HITS_PER_DOCUMENT = 4  # chunks that a search by content reads for each document that is asked for
_WORD = re.compile(r"\w+")


class ListDocumentNames:
    """Lists all documents by name, page by page. With `texts` the model can limit it by subject, tag and date."""

    tool_type = "document_retrieval"

    def __init__(self, catalog: Catalog, texts: Texts | None = None) -> None:
        self._catalog = catalog
        self._texts = texts
        self.spec = ToolSpec(
            name="list_documents",
            description="List the names and ids of the documents, page by page. Tells which documents there are.",
            parameters={
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "Only documents with this text in their name."},
                    "offset": _OFFSET.schema,
                    "limit": _LIMIT.schema,
                    **_narrows(texts),
                },
                "required": [],
            },
        )

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        offset = _OFFSET.read(arguments)
        limit = _LIMIT.read(arguments)
        chosen = await narrowing.choose(self._texts, arguments)
        name = check.optional_text(arguments, "query")
        found = await self._catalog.documents(name, offset, limit, chosen.document_ids)
        following = offset + len(found.entries)
        more = f"(goes on at offset {following})" if following < found.total else ""
        lines = [f"{found.total} documents:", *map(_line, found.entries), more, chosen.note]
        return ToolOutcome([_wire(entry) for entry in found.entries], "\n".join(line for line in lines if line))


class _Ranked(ABC):
    """A tool that ranks documents by words, and says which it left out. Subclasses say where the words are looked for.

    Its results are no evidence, so they cannot be cited.
    """

    tool_type = "document_retrieval"
    _name: str
    _description: str

    def __init__(self, catalog: Catalog, results: int = FOUND_LIMIT, texts: Texts | None = None) -> None:
        self._catalog = catalog
        self._results = results
        self._texts = texts
        self.spec = _finder(self._name, self._description, results, texts)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        limit = check.integer(arguments, "top_k", self._results, 1, MAX_FOUND)
        asked = words(check.text(arguments, "query"))
        chosen = await narrowing.choose(self._texts, arguments)
        found = await self._rank(asked, limit + narrowing.LOOK_AHEAD, chosen.document_ids)
        rest = [entry.name for entry in found[limit:]]
        notes = [narrowing.left_out_by_name(rest, "documents", more=len(rest) == narrowing.LOOK_AHEAD), chosen.note]
        lines = list(map(_line, found[:limit])) or [_NO_DOCUMENT]
        return ToolOutcome([_wire(entry) for entry in found[:limit]], "\n".join(one for one in [*lines, *notes] if one))

    @abstractmethod
    async def _rank(self, asked: list[str], limit: int, among: Sequence[UUID] | None) -> list[DocumentEntry]:
        """Returns at most `limit` documents with the words, best first; with `among` only such documents."""


class FindByName(_Ranked):
    """Finds documents by their names only."""

    _name = "find_documents_by_name"
    _description = "Find documents by words of their names."

    async def _rank(self, asked: list[str], limit: int, among: Sequence[UUID] | None) -> list[DocumentEntry]:
        return await self._catalog.by_name(asked, limit, among)


class FindByTags(_Ranked):
    """Finds documents by their tags."""

    _name = "find_documents_by_tags"
    _description = "Find documents by words of their tags."

    async def _rank(self, asked: list[str], limit: int, among: Sequence[UUID] | None) -> list[DocumentEntry]:
        return await self._catalog.by_tags(asked, limit, among)


class FindByContent:
    """Finds documents by their content. Each result has its best passage, which can be cited."""

    tool_type = "document_retrieval"

    def __init__(self, knowledge: Knowledge, results: int = FOUND_LIMIT, texts: Texts | None = None) -> None:
        self._knowledge = knowledge
        self._results = results
        self._texts = texts
        description = "Find documents by what they say; shows the best passage of each."
        self.spec = _finder("find_documents", description, results, texts)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        limit = check.integer(arguments, "top_k", self._results, 1, MAX_FOUND)
        query = check.text(arguments, "query")
        chosen = await narrowing.choose(self._texts, arguments)
        most = limit * _HITS_PER_DOCUMENT
        hits = await self._knowledge.search(query, most, chosen.document_ids)
        best: dict[UUID, Hit] = {}
        for hit in hits:
            best.setdefault(hit.document_id, hit)
        found = list(best.values())
        shown = [(sources.label(hit), hit) for hit in found[:limit]]
        rest = [hit.document_name for hit in found[limit:]]
        notes = [narrowing.left_out_by_name(rest, "documents", more=len(hits) >= most), chosen.note]
        texts = [f"{heading(label, hit)}\n(document {hit.document_id})\n{_passage(hit)}" for label, hit in shown]
        told = [*(texts or [_NO_DOCUMENT]), *notes]
        return ToolOutcome([_content_wire(label, hit) for label, hit in shown], "\n\n".join(one for one in told if one))


def words(query: str) -> list[str]:
    """Returns the distinct words of a query in lower case; a query without any word is returned as one."""
    found = dict.fromkeys(_WORD.findall(query.lower().replace("_", " ")))
    return list(found)[:MAX_WORDS] or [query.lower()]


def _finder(name: str, description: str, results: int, texts: Texts | None) -> ToolSpec:
    properties = {
        "query": {"type": "string", "description": "What to look for."},
        "top_k": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_FOUND,
            "default": results,
            "description": "How many documents to give.",
        },
        **_narrows(texts),
    }
    return ToolSpec(name, description, {"type": "object", "properties": properties, "required": ["query"]})


def _narrows(texts: Texts | None) -> dict[str, Any]:
    return narrowing.PROPERTIES if texts is not None else {}


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
