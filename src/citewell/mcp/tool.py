"""The definition of an MCP tool, and its result."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcp_types import ImageContent, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError

from citewell.errors import CitewellError
from citewell.mcp.bounds import encoded, fitted
from citewell.mcp.context import McpContext

Arguments = TypeVar("Arguments", bound=BaseModel)
Content = TextContent | ImageContent


@dataclass(frozen=True)
class Result:
    """`data` is the structured result, cut where it is too long; `images` go to the user beside it."""

    data: dict[str, Any]
    images: Sequence[ImageContent] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", fitted(self.data))

    def content(self) -> list[Content]:
        """The result as text, for clients that read no structured content."""
        return [TextContent(text=encoded(self.data)), *self.images]


class ToolProblem(Exception):
    """An error that is told to the model so that it can do better."""


@dataclass(frozen=True)
class McpTool(Generic[Arguments]):
    """`arguments` is the model of what it takes, `run` does it. `result` is the JSON schema of its data."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[McpContext, Arguments], Coroutine[Any, Any, Result]]
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
            raise ToolProblem(_problem_of(error, self.arguments)) from None
        project_id = getattr(arguments, "project_id", None)
        try:
            if project_id is not None:
                context = await context.in_store(project_id)
            return await context.finish(self.run(context, arguments), project_id)
        except CitewellError as error:
            raise ToolProblem(error.message) from error


def _problem_of(error: ValidationError, model: type[BaseModel]) -> str:
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
