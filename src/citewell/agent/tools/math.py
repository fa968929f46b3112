"""Evaluates arithmetic, which models are bad at."""

from typing import Any

from citewell.agent.arithmetic import FUNCTIONS, MAX_CHARS, CannotCalculate, calculate
from citewell.agent.protocol import InvalidArguments, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check


class Math:
    tool_type = "math"
    spec = ToolSpec(
        name="math",
        description=(
            "Calculate an expression exactly. Numbers, + - * / // % **, parentheses, comparisons, lists, pi and e, and "
            f"{', '.join(sorted(FUNCTIONS))}."
        ),
        parameters={
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "maxLength": MAX_CHARS,
                    "description": 'The expression, like "round(1250 * 1.19, 2)".',
                },
            },
            "required": ["query"],
        },
    )

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        expression = check.text(arguments, "query", MAX_CHARS + 1)
        try:
            result = calculate(expression)
        except CannotCalculate as error:
            raise InvalidArguments(str(error)) from None
        return ToolOutcome([{"expression": expression, "result": result}], f"{expression} = {result}")
