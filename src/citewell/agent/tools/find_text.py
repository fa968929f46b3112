"""Finds exact words, or matches of a regular expression, in the text of the documents."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.texts import Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools import narrowing
from citewell.agent.tools.patterns import MAX_PATTERN_CHARS, Pattern, exact, regular
from citewell.agent.tools.retrieval import as_material
from citewell.kit.places import locate

_TOP_K = check.Integer("top_k", "How many matches to show; all are counted.", default=10, least=1, most=50)
_CONTEXT = check.Integer("context", "Characters to show before and behind each match.", default=150, least=0, most=600)
_SEARCH_SECONDS = 8.0  # after which a search ends; the result then says that it is incomplete


class _Match(msgspec.Struct, frozen=True):
    chunk: ChunkText
    start: int
    end: int


class _Counts:
    """The number of matches in each document. Documents are told apart by id: two may have the same name."""

    def __init__(self) -> None:
        self._of: Counter[UUID] = Counter()
        self._names: dict[UUID, str] = {}

    def add(self, chunk: ChunkText, count: int) -> None:
        self._of[chunk.document_id] += count
        self._names[chunk.document_id] = chunk.document_name

    @property
    def total(self) -> int:
        return self._of.total()

    def __len__(self) -> int:
        return len(self._of)

    def most(self, number: int) -> str:
        return ", ".join(f"{self._names[one]} ({count})" for one, count in self._of.most_common(number))


class FindText:
    """Searches every chunk, in the order of the documents' names. So it can say that a text is nowhere."""

    tool_type = "find_text"
    spec = ToolSpec(
        name="find_text",
        description=(
            "Find exact words in the documents, or what a regular expression matches, with the text around each. "
            "Complete: use it to count, to check that something stands nowhere, and for names, numbers and codes."
        ),
        parameters={
            "type": "object",
            "properties": {
                "pattern": {
                    "type": "string",
                    "maxLength": MAX_PATTERN_CHARS,
                    "description": "The words as they stand in the text; case and line breaks do not matter.",
                },
                "regex": {
                    "type": "boolean",
                    "default": False,
                    "description": "Take the pattern as a regular expression (RE2: no look-around, no references).",
                },
                "context": _CONTEXT.schema,
                "top_k": _TOP_K.schema,
                **narrowing.PROPERTIES,
            },
            "required": ["pattern"],
        },
    )

    def __init__(self, texts: Texts, clock: Callable[[], float] = time.monotonic) -> None:
        self._texts = texts
        self._clock = clock

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        words = check.text(arguments, "pattern", MAX_PATTERN_CHARS)
        pattern = regular(words) if check.flag(arguments, "regex") else exact(words)
        limit = _TOP_K.read(arguments)
        context = _CONTEXT.read(arguments)
        chosen = await narrowing.choose(self._texts, arguments)
        shown, counts, complete = await self._matches(pattern, chosen, limit)
        notes = [_counted(counts, len(shown), complete=complete), chosen.note]
        results = [_result(sources.label(match.chunk), match, context) for match in shown]
        lines = [_line(result) for result in results]
        return ToolOutcome(results, "\n\n".join(part for part in [*lines, *notes] if part))

    async def _matches(
        self, pattern: Pattern, chosen: narrowing.Chosen, limit: int
    ) -> tuple[list[_Match], _Counts, bool]:
        """Returns (first matches, number of matches in each document, whether all chunks were searched)."""
        shown: list[_Match] = []
        counts = _Counts()
        until = self._clock() + _SEARCH_SECONDS
        async for chunks in self._texts.scan(pattern.word, chosen.document_ids):
            # In a thread: matching is linear in the text, but a batch may have megabytes.
            found = await asyncio.to_thread(_in_chunks, pattern, chunks)
            for chunk, spans, count in found:
                counts.add(chunk, count)
                shown += [_Match(chunk, *span) for span in spans[: limit - len(shown)]]
            if self._clock() > until:
                return shown, counts, False
        return shown, counts, True


def _in_chunks(pattern: Pattern, chunks: list[ChunkText]) -> list[tuple[ChunkText, list[tuple[int, int]], int]]:
    """Returns (chunk, first matches as (start, end), number of all matches) for each chunk that matches."""
    found = ((chunk, *pattern.spans(chunk.content, _TOP_K.most)) for chunk in chunks)
    return [(chunk, spans, count) for chunk, spans, count in found if count]


def _result(label: str, match: _Match, context: int) -> dict[str, Any]:
    chunk, content = match.chunk, match.chunk.content
    before, after = max(match.start - context, 0), min(match.end + context, len(content))
    place = locate(chunk, match.start, match.end)
    return {
        "uuid": str(chunk.chunk_id),
        "label": label,
        "match": content[match.start : match.end],
        "content": content[before:after],
        "content_offset": before,
        "match_offset": match.start,
        "name": chunk.document_name,
        "document_id": str(chunk.document_id),
        "reference_url": chunk.reference_url,
        "min_page": place.min_page,
        "max_page": place.max_page,
        "place": place.place,
        "heading_path": list(place.heading_path),
    }


def _line(result: dict[str, Any]) -> str:
    place = f", {result['place']}" if result["place"] else ""
    return f"[{result['label']}] {result['name']}{place}\n...{as_material(result['content'])}..."


def _counted(counts: _Counts, shown: int, *, complete: bool) -> str:
    if not counts:
        return "Nowhere in the text." if complete else "Not found so far; the time was up before all was read."
    others = f" and {len(counts) - 8} other documents" if len(counts) > 8 else ""
    end = "" if complete else "; the time was up before all was read"
    told = f"{counts.total} matches in {len(counts)} documents: {counts.most(8)}{others}"
    return f"({told}; {shown} are shown{end})"
