"""Counts documents, pages and chunks, in all or for each tag or metadata value."""

from typing import Any, cast, get_args

import msgspec

from citewell.agent.knowledge import Catalog, Grouping, Measure
from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check

MEASURES: tuple[str, ...] = get_args(Measure)
GROUPINGS: tuple[str, ...] = get_args(Grouping)
_LIMIT = check.Integer("limit", "How many groups to give, largest first.", default=50, least=1, most=200)


class DataStatistics:
    tool_type = "data_statistics"
    spec = ToolSpec(
        name="data_statistics",
        description="Count the documents, their pages, chunks, tags or metadata, in all or grouped by a property.",
        parameters={
            "type": "object",
            "properties": {
                "count": {
                    "type": "string",
                    "enum": list(MEASURES),
                    "default": "documents",
                    "description": "What to count.",
                },
                "group_by": {
                    "type": "string",
                    "enum": list(GROUPINGS),
                    "default": "none",
                    "description": "Count for each value of this.",
                },
                "key": {
                    "type": "string",
                    "description": "With group_by tag or metadata: only the tag or the metadata of this name.",
                },
                "limit": _LIMIT.schema,
            },
            "required": [],
        },
    )

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        measure = check.choice(arguments, "count", MEASURES, "documents")
        grouping = check.choice(arguments, "group_by", GROUPINGS, "none")
        limit = _LIMIT.read(arguments)
        key = check.optional_text(arguments, "key")
        tally = await self._catalog.tally(cast(Measure, measure), cast(Grouping, grouping), key, limit)
        result: dict[str, Any] = {"count": measure, "group_by": grouping, **msgspec.to_builtins(tally)}
        lines = [f"{tally.total} {measure}", *(f"{group.label}: {group.count}" for group in tally.groups)]
        if tally.more:
            lines.append("(there are more groups)")
        return ToolOutcome([result], "\n".join(lines))
