"""Searches the web. Web pages are no documents of the project: answers can link to them but not cite them."""

from typing import Any

import msgspec

from citewell.agent.protocol import ToolFailure, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check
from citewell.agent.tools.retrieval import as_material
from citewell.agent.web import WebSearcher

_TOP_K = check.Integer("top_k", "How many results to give.", default=5, least=1, most=20)


class WebSearch:
    tool_type = "websearch"
    spec = ToolSpec(
        name="websearch",
        description="Search the web, for what the project's documents cannot know. Name the address of what you use.",
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for."},
                "top_k": _TOP_K.schema,
            },
            "required": ["query"],
        },
    )

    def __init__(self, searcher: WebSearcher | None) -> None:
        self._searcher = searcher

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        query = check.text(arguments, "query", 400)
        limit = _TOP_K.read(arguments)
        if self._searcher is None:
            raise ToolFailure("Web search is not set up on this server: its operator sets CITEWELL_WEBSEARCH_URL.")
        found = await self._searcher.search(query, limit)
        if not found:
            return ToolOutcome([], "Nothing was found on the web.")
        for one in found:
            sources.add_address(one.url)
        texts = [as_material(f"{one.title}\n{one.url}\n{one.content}") for one in found]
        return ToolOutcome([msgspec.to_builtins(one) for one in found], "\n\n".join(texts))
