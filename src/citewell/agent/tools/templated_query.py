"""Runs a fixed query of the graph whose variables the model fills in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from citewell.agent.protocol import InvalidArguments, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.errors import BadRequest, InvalidFields

MAX_ROWS = 200  # that the model reads
_MAX_TEXT = 40_000  # characters
RunTemplate = Callable[[dict[str, Any]], Awaitable[list[dict[str, Any]]]]


class TemplatedQuery:
    """Runs `template`. The model passes `variables` as arguments of their own, or together as `template_variables`."""

    tool_type = "templated_query"

    def __init__(self, run: RunTemplate, template: str, variables: Sequence[str]) -> None:
        self._run = run
        self._variables = tuple(variables)
        self.spec = _spec(template, self._variables)

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        given = arguments.get("template_variables")
        named = {name: arguments[name] for name in self._variables if name in arguments}
        values = (given if isinstance(given, dict) else {}) | named
        if missing := [name for name in self._variables if name not in values]:
            raise InvalidArguments(f"The query needs a value for {', '.join(missing)}.")
        try:
            rows = await self._run({name: values[name] for name in self._variables})
        except (BadRequest, InvalidFields) as error:
            raise InvalidArguments(error.message) from None
        text = msgspec.json.encode(rows[:MAX_ROWS]).decode()
        more = f"\n{len(rows) - MAX_ROWS} more rows are not shown." if len(rows) > MAX_ROWS else ""
        return ToolOutcome(rows[:MAX_ROWS], (text[:_MAX_TEXT] if rows else "No rows.") + more)


def _spec(template: str, variables: Sequence[str]) -> ToolSpec:
    described = {name: {"type": "string", "description": f"The value of {name}."} for name in variables}
    return ToolSpec(
        name="query_graph",
        description=f"Ask the graph of extracted objects with this query:\n{template}",
        parameters={"type": "object", "properties": described, "required": list(variables)},
    )
