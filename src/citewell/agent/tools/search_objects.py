"""The search tool for objects, which extractors found in the documents."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.texts import Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools import narrowing

DEFAULT_LIMIT, MAX_LIMIT = 8, 50
# Takes a query, a limit and the documents to search (None: all); returns results in the form that clients get.
SearchObjects = Callable[[str, int, Sequence[UUID] | None], Awaitable[list[dict[str, Any]]]]


class SearchObjectsTool:
    """Searches objects. With `texts` the model can limit a search to documents by subject, tag and date."""

    tool_type = "semantic_objects"

    def __init__(
        self,
        search: SearchObjects,
        results: int = DEFAULT_LIMIT,
        *,
        fixed: bool = False,
        texts: Texts | None = None,
    ) -> None:
        self._search = search
        self._texts = texts
        self._results = results
        self._fixed = fixed
        self.spec = _spec(results, fixed=fixed, narrows=texts is not None)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        query = check.text(arguments, "query")
        most = max(MAX_LIMIT, self._results)
        limit = self._results if self._fixed else check.integer(arguments, "top_k", self._results, 1, most)
        chosen = await narrowing.choose(self._texts, arguments)
        found = await self._search(query, limit + narrowing.LOOK_AHEAD, chosen.document_ids)
        results, rest = found[:limit], [str(one["name"]) for one in found[limit:]]
        if not results:
            return ToolOutcome([], f"No objects were found. Try other words.\n{chosen.note}".strip())
        left_out = narrowing.left_out_by_name(rest, "objects", more=len(rest) == narrowing.LOOK_AHEAD)
        texts = [*map(_text, results), left_out, chosen.note]
        return ToolOutcome(results, "\n\n".join(text for text in texts if text))


def _text(result: dict[str, Any]) -> str:
    chunks = ", ".join(str(one) for one in result["chunk_ids"][:3])
    read = f" (get_chunk {chunks} shows where it was read)" if chunks else ""
    return f"{result['name']}, {result['document_name']}{read}\n{result['content']}"


def _spec(results: int, *, fixed: bool, narrows: bool) -> ToolSpec:
    properties: dict[str, Any] = {
        "query": {"type": "string", "description": "What to look for, in full words."},
        "top_k": {
            "type": "integer",
            "minimum": 1,
            "maximum": max(MAX_LIMIT, results),
            "default": results,
            "description": "How many objects to give.",
        },
        **(narrowing.PROPERTIES if narrows else {}),
    }
    if fixed:
        del properties["top_k"]
    return ToolSpec(
        name="search_objects",
        description="Search the objects that were extracted from the documents: their fields as text, best first.",
        parameters={"type": "object", "properties": properties, "required": ["query"]},
    )
