"""The search tool for objects: what extractors found in the documents."""

from collections.abc import Awaitable, Callable
from typing import Any

from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check

DEFAULT_LIMIT, MAX_LIMIT = 8, 50
# From a query and a limit to results as they stand on the wire.
SearchObjects = Callable[[str, int], Awaitable[list[dict[str, Any]]]]


class SearchObjectsTool:
    tool_type = "semantic_objects"

    def __init__(self, search: SearchObjects, results: int = DEFAULT_LIMIT, *, fixed: bool = False) -> None:
        self._search = search
        self._results = results
        self._fixed = fixed
        self.spec = _spec(results, fixed=fixed)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        query = check.text(arguments, "query")
        most = max(MAX_LIMIT, self._results)
        limit = self._results if self._fixed else check.integer(arguments, "top_k", self._results, 1, most)
        results = await self._search(query, limit)
        if not results:
            return ToolOutcome([], "No objects were found. Try other words.")
        return ToolOutcome(results, "\n\n".join(_text(one) for one in results))


def _text(result: dict[str, Any]) -> str:
    chunks = ", ".join(str(one) for one in result["chunk_ids"][:3])
    read = f" (get_chunk {chunks} shows where it was read)" if chunks else ""
    return f"{result['name']}, {result['document_name']}{read}\n{result['content']}"


def _spec(results: int, *, fixed: bool) -> ToolSpec:
    properties: dict[str, Any] = {
        "query": {"type": "string", "description": "What to look for, in full words."},
        "top_k": {
            "type": "integer",
            "minimum": 1,
            "maximum": max(MAX_LIMIT, results),
            "default": results,
            "description": "How many objects to give.",
        },
    }
    if fixed:
        del properties["top_k"]
    return ToolSpec(
        name="search_objects",
        description="Search the objects that were extracted from the documents: their fields as text, best first.",
        parameters={"type": "object", "properties": properties, "required": ["query"]},
    )
