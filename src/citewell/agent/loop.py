"""The agent loop: ask the model, run the tools that it wants, ask again, until it answers."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from citewell.agent.citations import CitationResolver
from citewell.agent.context import estimate_tokens, fit
from citewell.agent.events import (
    AgentEvent,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
    ToolRequested,
)
from citewell.agent.prompt import system_prompt
from citewell.agent.protocol import (
    Message,
    Model,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallReady,
    ToolOutcome,
    Usage,
)
from citewell.agent.running import run_tool
from citewell.agent.sources import Sources

Emit = Callable[[Sequence[AgentEvent]], None]


class LoopLimits(msgspec.Struct, frozen=True):
    """Bounds of one turn. Beyond `max_tool_rounds` the model must answer without tools."""

    max_tool_rounds: int = 6
    max_tool_calls: int = 8  # in one round
    tool_seconds: float = 30.0
    max_result_bytes: int = 256 * 1024
    max_context_tokens: int = 100_000
    max_answer_chars: int = 200_000
    max_output_tokens: int | None = None


class Question(msgspec.Struct, frozen=True):
    """`history` is what was said before, as plain user and assistant messages, oldest first."""

    text: str
    history: list[Message] = []
    instructions: str = ""
    brief: str = ""


class Answer(msgspec.Struct, frozen=True):
    content: str
    usage: Usage
    tool_rounds: int


async def answer(
    question: Question, model: Model, tools: Sequence[Tool], emit: Emit, limits: LoopLimits
) -> Answer:
    """Answer a question; everything on the way goes to `emit`, which must be quick.

    Raises ModelError. A tool that fails or hangs is told to the model and ends nothing. Cancelling aborts the
    model call and running tools at once; what was emitted so far is what was said.
    """
    sources = Sources()
    resolver = CitationResolver(sources)
    by_name = {tool.spec.name: tool for tool in tools}
    dialogue = _opening(question)
    usage = Usage()
    for round_number in range(limits.max_tool_rounds + 1):
        offered = [] if round_number == limits.max_tool_rounds else [tool.spec for tool in tools]
        request = ModelRequest(fit(dialogue, limits.max_context_tokens), offered, limits.max_output_tokens)
        reply = _Reply(resolver, emit, limits.max_answer_chars)
        await reply.read(model, request)
        usage += reply.usage_or_estimate(request)
        emit([TokensUsed(usage)])
        if not reply.calls:
            emit([AnswerFinished(reply.content, resolver.citations, usage)])
            return Answer(reply.content, usage, round_number)
        dialogue.append(Message("assistant", reply.raw, reply.calls))
        dialogue += await _run_tools(reply.calls[: limits.max_tool_calls], by_name, sources, emit, limits)
        dialogue += [_refused(call) for call in reply.calls[limits.max_tool_calls :]]
    raise ModelError("model_malformed", "The model asked for tools when it was to answer. Ask again.")


def _opening(question: Question) -> list[Message]:
    system = Message("system", system_prompt(question.instructions, question.brief))
    return [system, *question.history, Message("user", question.text)]


def _refused(call: ToolCall) -> Message:
    return Message("tool", "Not run: too many calls at once. Ask for fewer.", tool_call_id=call.id)


async def _run_tools(
    calls: Sequence[ToolCall], tools: dict[str, Tool], sources: Sources, emit: Emit, limits: LoopLimits
) -> list[Message]:
    """Run the calls of one round side by side; their results for the model, in the order of the calls."""
    types = [tools[call.name].tool_type if call.name in tools else "unknown" for call in calls]
    emit([ToolRequested(call, kind) for call, kind in zip(calls, types, strict=True)])

    async def one(call: ToolCall, kind: str) -> Message:
        outcome: ToolOutcome = await run_tool(
            call, tools.get(call.name), sources, seconds=limits.tool_seconds, max_bytes=limits.max_result_bytes
        )
        emit([ToolAnswered(call, kind, outcome.results)])
        return Message("tool", outcome.text, tool_call_id=call.id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(call, kind)) for call, kind in zip(calls, types, strict=True)]
    return [task.result() for task in tasks]


class _Reply:
    """One reply of the model: emits its text as it comes, keeps the tool calls that it ends with."""

    def __init__(self, resolver: CitationResolver, emit: Emit, max_chars: int) -> None:
        self._resolver = resolver
        self._emit = emit
        self._max_chars = max_chars
        self._raw: list[str] = []
        self._shown: list[str] = []
        self._length = 0
        self._started = False
        self._reasoning: list[str] = []
        self._usage: Usage | None = None
        self.calls: list[ToolCall] = []

    async def read(self, model: Model, request: ModelRequest) -> None:
        async for batch in model.stream(request):
            self._take(batch)
            if self._length > self._max_chars:
                break
        self._end_reasoning()
        self._show(self._resolver.finish())
        if not self._started and not self.calls:
            raise ModelError("model_malformed", "The model gave an empty answer. Ask again.", retryable=True)

    def _take(self, batch: Sequence[ModelEvent]) -> None:
        text: list[str] = []
        for event in batch:
            match event:
                case TextDelta(text=piece):
                    text.append(piece)
                case ReasoningDelta(text=piece):
                    self._reasoning.append(piece)
                case ToolCallReady(call=call):
                    self.calls.append(call)
                case Usage():
                    self._usage = event
                case _:
                    pass
        if text:
            self._end_reasoning()
            joined = "".join(text)
            self._raw.append(joined)
            self._length += len(joined)
            self._show(self._resolver.feed(joined))

    def _show(self, text: str) -> None:
        if not text:
            return
        self._shown.append(text)
        if self._started:
            self._emit([AnswerText(text)])
        else:
            self._started = True
            self._emit([AnswerStarted(), AnswerText(text)])

    def _end_reasoning(self) -> None:
        if self._reasoning:
            self._emit([Reasoning("".join(self._reasoning))])
            self._reasoning.clear()

    @property
    def raw(self) -> str:
        return "".join(self._raw)

    @property
    def content(self) -> str:
        return "".join(self._shown)

    def usage_or_estimate(self, request: ModelRequest) -> Usage:
        """What the server counted, else an estimate: some servers count nothing."""
        if self._usage is not None:
            return self._usage
        spoken = sum(estimate_tokens(message.content) for message in request.messages)
        return Usage(spoken, estimate_tokens(self.raw))
