"""The tools of one answer: runs the model's calls, emits events for them, and returns the results as messages."""

import asyncio
from collections.abc import Sequence

from citewell.agent.events import ToolAnswered, ToolRequested
from citewell.agent.limits import LoopLimits
from citewell.agent.protocol import Message, Tool, ToolCall, Usage
from citewell.agent.reply import Emit
from citewell.agent.running import run_tool
from citewell.agent.sources import Sources


class Toolbox:
    """Runs the calls of a round concurrently, each within its limits. `uses` holds all calls and results so far."""

    def __init__(self, tools: Sequence[Tool], sources: Sources, emit: Emit, limits: LoopLimits) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._sources = sources
        self._emit = emit
        self._limits = limits
        self._usage = Usage()
        self.uses: list[ToolAnswered] = []

    def take_usage(self) -> Usage | None:
        """Returns the tokens that models asked by tools have used since the last call of this method; None if none."""
        taken, self._usage = self._usage, Usage()
        return taken if taken != Usage() else None

    async def run(self, calls: Sequence[ToolCall], *, final: bool) -> list[Message]:
        """Runs the calls and returns their results as messages, in the order of the calls.

        Calls beyond `max_tool_calls` are refused. With `final` the last message tells the model to answer now.
        """
        allowed, refused = calls[: self._limits.max_tool_calls], calls[self._limits.max_tool_calls :]
        self._emit([ToolRequested(call, self._type(call)) for call in allowed])
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._run_one(call)) for call in allowed]
        texts = [task.result() for task in tasks] + ["Not run: too many calls at once. Ask for fewer."] * len(refused)
        if final:
            texts[-1] += "\n\n(This was the last tool call: answer now with what you have.)"
        return [Message("tool", text, tool_call_id=call.id) for call, text in zip(calls, texts, strict=True)]

    async def search_first(self, question: str) -> str:
        """Searches for the question and returns the passages as text for the model.

        Returns "" if there is no search tool, or if a tool was called before.
        """
        tool = next((tool for tool in self._tools.values() if tool.spec.searches), None)
        if tool is None or self.uses:
            return ""
        [found] = await self.run([ToolCall("search_1", tool.spec.name, {"query": question})], final=False)
        return found.content

    async def _run_one(self, call: ToolCall) -> str:
        seconds, max_bytes = self._limits.tool_seconds, self._limits.max_result_bytes
        tool = self._tools.get(call.name)
        outcome = await run_tool(call, tool, self._sources, seconds=seconds, max_bytes=max_bytes)
        self._usage += outcome.usage
        answered = ToolAnswered(call, self._type(call), outcome.results)
        self.uses.append(answered)
        self._emit([answered])
        return outcome.text

    def _type(self, call: ToolCall) -> str:
        tool = self._tools.get(call.name)
        return tool.tool_type if tool is not None else "unknown"
