"""What an MCP tool is, and how its results are kept within bounds."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from mcp_types import ImageContent, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError

from citewell.errors import CitewellError
from citewell.mcp.context import McpContext

MAX_RESULT_CHARS = 150_000
Arguments = TypeVar("Arguments", bound=BaseModel)
Content = TextContent | ImageContent


@dataclass(frozen=True)
class Result:
    """`data` is the structured result; `images` go to the user beside it."""

    data: dict[str, Any]
    images: Sequence[ImageContent] = ()

    def content(self) -> list[Content]:
        """The result as text for clients that read no structured content. Raises ToolProblem if it is too long."""
        text = msgspec.json.encode(self.data, enc_hook=str).decode()
        if len(text) > MAX_RESULT_CHARS:
            raise ToolProblem(
                f"The result has {len(text):,} characters, {MAX_RESULT_CHARS:,} are allowed: ask for less with limit, "
                "offset or a narrower query."
            )
        return [TextContent(text=text), *self.images]


class ToolProblem(Exception):
    """What the model is told so that it can do better."""


@dataclass(frozen=True)
class McpTool(Generic[Arguments]):
    """`arguments` is the model of what it takes, `run` does it. `result` is the JSON schema of its data."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[McpContext, Arguments], Awaitable[Result]]
    result: dict[str, Any]
    writes: bool = False
    destroys: bool = False

    def described(self) -> Tool:
        schema = self.arguments.model_json_schema()
        return Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema={"type": "object", "properties": {}} | {k: v for k, v in schema.items() if k != "title"},
            output_schema=self.result,
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=not self.writes,
                destructive_hint=self.destroys,
                idempotent_hint=not self.writes,
                open_world_hint=False,
            ),
        )

    async def call(self, context: McpContext, given: dict[str, Any]) -> Result:
        """Raises ToolProblem with words that say what would be right."""
        try:
            arguments = self.arguments.model_validate(given)
        except ValidationError as error:
            raise ToolProblem(_told(error, self.arguments)) from None
        project_id = getattr(arguments, "project_id", None)
        try:
            if project_id is not None:
                context = await context.in_store(project_id)
            return await self.run(context, arguments)
        except CitewellError as error:
            raise ToolProblem(error.message) from error


def _told(error: ValidationError, model: type[BaseModel]) -> str:
    problems = [
        f"{'.'.join(str(part) for part in one['loc']) or 'arguments'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors()[:5]
    ]
    return f"{'; '.join(problems)}. The arguments are: {', '.join(model.model_fields) or 'none'}."


def json_object(**properties: Any) -> dict[str, Any]:
    """The schema of an object with these properties, all of them present; others may stand beside them."""
    return {"type": "object", "properties": properties, "required": list(properties)}


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
OBJECT: dict[str, Any] = {"type": "object"}
OBJECTS: dict[str, Any] = {"type": "array", "items": OBJECT}


def page_of(items: Sequence[Any], key: str, offset: int, total: int | None = None) -> dict[str, Any]:
    """As many of the items as fit into a result, and `next_offset` where more follow.

    `items` begin at `offset`; `total` is how many there are in all, if that is known.
    """
    kept: list[Any] = []
    size = 0
    for item in items:
        size += len(json.dumps(item, default=str)) + 2
        if kept and size > MAX_RESULT_CHARS * 0.9:
            break
        kept.append(item)
    end = offset + len(kept)
    more = len(kept) < len(items) or (total is not None and end < total)
    return {key: kept, "next_offset": end if more else None} | ({"count": total} if total is not None else {})
