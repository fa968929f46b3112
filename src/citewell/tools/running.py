"""Runs a tool outside of a conversation, and describes its input."""

from typing import Any
from uuid import UUID

from citewell.agent.protocol import InvalidArguments, NoSuchObject, ToolCall, ToolOutcome
from citewell.agent.running import run_tool
from citewell.agent.sources import Sources
from citewell.errors import CitewellError
from citewell.resources import Resources
from citewell.tools.factory import ToolConfig, Workbench, make_tool
from citewell.tools.schemas import ToolParameterSpec

RESULTS = 10  # of a search where the caller does not say how many: what the contract promises
_STATUSES = {InvalidArguments.code: 400, NoSuchObject.code: 404}


class ToolError(CitewellError):
    """Any error of running a tool, in the contract's shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, object]:
        kinds = {400: "validation_error", 404: "not_found"}
        kind = kinds.get(self.status, "execution_error")
        return {"error_type": kind, "error_code": self.code, "status": "error", "message": self.message}


async def run(
    resources: Resources, project_id: UUID, config: ToolConfig, arguments: dict[str, Any], base_url: str
) -> list[dict[str, Any]]:
    """Returns the tool's results. Raises ToolError, whose message says what would be right."""
    tool = make_tool(Workbench(resources, project_id, base_url, results=RESULTS), config)
    call = ToolCall("run", tool.spec.name, arguments)
    limits = resources.loop_limits
    outcome: ToolOutcome = await run_tool(
        call, tool, Sources(), seconds=limits.tool_seconds, max_bytes=limits.max_result_bytes
    )
    if outcome.fault:
        status = _STATUSES.get(outcome.fault, 500)
        raise ToolError(status, outcome.fault, str(outcome.results[0]["message"]))
    return outcome.results


def parameters(resources: Resources, project_id: UUID, config: ToolConfig) -> list[ToolParameterSpec]:
    """Returns the tool's parameters, from its JSON schema."""
    schema = make_tool(Workbench(resources, project_id, "", results=RESULTS), config).spec.parameters
    return [
        ToolParameterSpec(
            id=name,
            type=one["type"],
            description=one.get("description", ""),
            required=name in schema["required"],
            default=one.get("default"),
        )
        for name, one in schema["properties"].items()
    ]
