"""The search tool: finds the passages of the project's documents that fit a query best."""

import asyncio
import re
from typing import Any

import msgspec

from citewell.agent.knowledge import Hit, Knowledge
from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.reading.reader import Reader
from citewell.agent.sources import Sources
from citewell.agent.texts import Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools import narrowing
from citewell.kit.places import Place

WINDOW = 2000  # characters of a chunk that a result shows, around its best passage
DEFAULT_LIMIT = 8
MAX_LIMIT = 20
READ = "read"  # the argument with which the built-in model asks for a reading
MAX_PARTS = 6
_NARROWS = frozenset(narrowing.PROPERTIES) - {"document_ids"}
_POSING = re.compile(r"^(?=\[c\d+\])", re.MULTILINE)


class _Found(msgspec.Struct, frozen=True):
    """The results that a search shows, and a note on the rest."""

    hits: list[Hit]
    note: str


class SearchDocuments:
    """Searches passages.

    `results` is the number that it shows by default; with `fixed` the model cannot change it. With `texts` the model
    can limit a search to documents by subject, tag and date.
    """

    tool_type = "semantic_chunks"

    def __init__(
        self,
        knowledge: Knowledge,
        results: int = DEFAULT_LIMIT,
        *,
        fixed: bool = False,
        texts: Texts | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._texts = texts
        self._results = results
        self._most = results if fixed else max(MAX_LIMIT, results)
        self._fixed = fixed
        self.spec = _spec(results, None if fixed else self._most, narrows=texts is not None)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        parts = check.texts(arguments, "parts", MAX_PARTS)
        query = check.text(arguments, "query") if not parts else check.optional_text(arguments, "query", 4000)
        limit = self._results if self._fixed else check.integer(arguments, "top_k", self._results, 1, self._most)
        if arguments.get(READ):
            return await self._read(query, arguments, sources, limit)
        chosen = await narrowing.choose(self._texts, arguments)
        if not parts:
            return self._outcome(await self._search(query, limit, chosen), sources)
        # Each part of the question is a search of its own, so that no part takes all the results.
        found = await asyncio.gather(*(self._search(part, limit, chosen) for part in parts))
        outcomes = [self._outcome(one, sources) for one in found]
        results = [result | {"part": part} for part, one in zip(parts, outcomes, strict=True) for result in one.results]
        texts = [f"# {as_material(part)}\n{one.text}" for part, one in zip(parts, outcomes, strict=True)]
        return ToolOutcome(results, "\n\n".join(texts))

    async def _search(self, query: str, limit: int, chosen: narrowing.Chosen) -> _Found:
        hits = await self._knowledge.search(query, limit + narrowing.LOOK_AHEAD, chosen.document_ids)
        rest = narrowing.left_out(hits[limit:], more=len(hits) >= limit + narrowing.LOOK_AHEAD)
        return _Found(hits[:limit], "\n".join(note for note in (rest, chosen.note) if note))

    @staticmethod
    def _outcome(found: _Found, sources: Sources) -> ToolOutcome:
        if not found.hits:
            nothing = "Nothing was found. Try other words, or say that the documents do not tell."
            return ToolOutcome([], f"{nothing}\n{found.note}".strip())
        shown = [(sources.label(hit), hit) for hit in found.hits]
        results = [_result(label, hit) for label, hit in shown]
        texts = [*(_text(label, hit) for label, hit in shown), found.note]
        return ToolOutcome(results, "\n\n".join(text for text in texts if text))

    async def _read(self, query: str, arguments: dict[str, Any], sources: Sources, limit: int) -> ToolOutcome:
        """Returns the built-in model's answer as JSON instead of passages."""
        before = [text[:4000] for text in arguments.get("before", []) if isinstance(text, str)]
        reading, hits = await Reader(self._knowledge, sources).read(query, before, limit)
        results = [_result(sources.label(hit), hit) for hit in hits]
        return ToolOutcome(results, msgspec.json.encode(reading).decode())


def _spec(results: int, most: int | None, *, narrows: bool) -> ToolSpec:
    properties: dict[str, Any] = {
        "query": {"type": "string", "description": "What to look for, in full words or as a question."},
        "parts": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": MAX_PARTS,
            "description": (
                "For a question with several parts (to compare, over time, each of several): one query for each part, "
                "complete by itself, in place of the query. They are searched side by side and shown apart."
            ),
        },
        "top_k": {
            "type": "integer",
            "minimum": 1,
            "maximum": most,
            "default": results,
            "description": "How many results to give, of each part.",
        },
        **narrowing.PROPERTIES,
    }
    if most is None:
        del properties["top_k"]
    if not narrows:
        properties = {name: found for name, found in properties.items() if name not in _NARROWS}
    return ToolSpec(
        name="search_documents",
        description=(
            "Search the project's documents. Returns the passages that are closest to the query, best first, and says "
            "what it left out."
        ),
        parameters={"type": "object", "properties": properties, "required": ["query"]},
        searches=True,
        reads=True,
    )


def _result(label: str, hit: Hit) -> dict[str, Any]:
    start, end = window(len(hit.content), hit.passage_start, hit.passage_end)
    return {
        "uuid": str(hit.chunk_id),
        "label": label,
        "content": hit.content[start:end],
        "content_truncated": end - start < len(hit.content),
        "content_offset": start,
        "passage": hit.content[hit.passage_start : hit.passage_end],
        "name": hit.document_name,
        "document_id": str(hit.document_id),
        "score": round(hit.score, 6),
        "similarity": round(hit.similarity, 4) if hit.similarity is not None else None,
        "reference_url": hit.reference_url,
        **where(hit.place),
    }


def where(place: Place) -> dict[str, Any]:
    """Returns the fields of a place in a tool result."""
    return {
        "min_page": place.min_page,
        "max_page": place.max_page,
        "place": place.place,
        "heading_path": list(place.heading_path),
    }


def _text(label: str, hit: Hit) -> str:
    start, end = window(len(hit.content), hit.passage_start, hit.passage_end)
    before = "..." if start else ""
    after = f"... (get_chunk {hit.chunk_id} reads more)" if end < len(hit.content) else ""
    return f"{heading(label, hit)}\n{before}{as_material(hit.content[start:end])}{after}"


def as_material(content: str) -> str:
    """Returns a document's text for the model, changed so that none of its lines looks like the heading of a result."""
    return _POSING.sub(" ", content)


def heading(label: str, hit: Any) -> str:
    """Returns one line: label, document, place, heading path. For a hit, the place is that of its best passage."""
    found: Place = hit.place
    place = f", {found.place}" if found.place else ""
    path = f", {' > '.join(found.heading_path)}" if found.heading_path else ""
    return f"[{label}] {hit.document_name}{place}{path}"


def window(length: int, start: int, end: int) -> tuple[int, int]:
    """Returns (start, end) of the WINDOW characters around a passage, within a text of `length` characters.

    `start` and `end` are those of the passage, which is shown whole even if it is longer.
    """
    if length <= WINDOW:
        return 0, length
    spare = max(WINDOW - (end - start), 0)
    left = max(start - spare // 2, 0)
    right = min(left + max(WINDOW, end - start), length)
    return max(right - max(WINDOW, end - start), 0), right
