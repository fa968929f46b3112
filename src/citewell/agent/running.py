"""Running one tool call within its limits. Whatever goes wrong is told to the model; nothing ends the turn."""

import asyncio

import msgspec
import structlog

from citewell.agent.protocol import Tool, ToolCall, ToolFailure, ToolOutcome
from citewell.agent.sources import Sources
from citewell.kit import tracing

log = structlog.get_logger(__name__)


async def run_tool(
    call: ToolCall, tool: Tool | None, sources: Sources, *, seconds: float, max_bytes: int
) -> ToolOutcome:
    """Runs the tool and returns its outcome, or an outcome that says what went wrong. It raises nothing.

    The call is cancelled after `seconds`. Results and text are cut to `max_bytes` each.
    """
    if tool is None:
        return _failure("unknown_tool", f"There is no tool called {call.name[:100]!r}: use one that is offered.")
    if call.fault:
        return _failure("tool_arguments", call.fault)
    try:
        with tracing.span("execute_tool", {tracing.OPERATION: "execute_tool", tracing.TOOL_NAME: call.name}):
            async with asyncio.timeout(seconds):
                outcome = await tool.run(call.arguments, sources)
    except ToolFailure as failure:
        return _failure(failure.code, str(failure))
    except TimeoutError:
        return _failure("tool_timeout", f"The tool did not finish within {seconds:g} s: ask for less.")
    except Exception as error:  # a fault in a tool must not end the answer
        log.warning("tool_broke", tool=call.name, exc_info=error)
        return _failure("tool_error", "The tool failed on the server. Try another way, or answer without it.")
    return _bounded(outcome, max_bytes)


def _failure(code: str, message: str) -> ToolOutcome:
    result = {"status": "error", "error_type": "tool", "error_code": code, "message": message}
    return ToolOutcome([result], f"Error: {message}", fault=code)


def _bounded(outcome: ToolOutcome, max_bytes: int) -> ToolOutcome:
    """Keeps the first results that fit into `max_bytes`, and cuts the text to `max_bytes`."""
    text = outcome.text.encode()[:max_bytes].decode(errors="ignore")
    kept, size = [], 0
    for result in outcome.results:
        size += len(msgspec.json.encode(result, enc_hook=str))
        if size > max_bytes:
            break
        kept.append(result)
    return msgspec.structs.replace(outcome, results=kept, text=text)
