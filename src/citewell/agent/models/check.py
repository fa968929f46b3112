"""Finds out what a model server supports, by sending it a few small requests."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from citewell.agent.models import ModelConfig, default_url, make_model
from citewell.agent.models.context_size import ContextSize, stated_context, tried_context
from citewell.agent.protocol import (
    ContextTooLong,
    Message,
    Model,
    ModelError,
    ModelEvent,
    ModelRequest,
    NoTools,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallReady,
    ToolSpec,
    Usage,
)
from citewell.agent.text_calls import TextCallFilter
from citewell.agent.thoughts import ThoughtFilter

ALL_SECONDS = 57.0  # for the whole check
FIRST_SECONDS = 25.0
SECONDS = 12.0  # for each of the others
_WEATHER = ToolSpec(
    "get_weather",
    "The weather in one city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Finding:
    """A line of the result. `works` is None if the check cannot tell. `note` is a measurement or a reason."""

    subject: str
    works: bool | None
    note: str


class Abilities(msgspec.Struct, frozen=True):
    """What a model supports. Stored in the data folder, and used to adapt requests.

    `context_tokens` is the size of its context, None if unknown.
    """

    takes_tools: bool = True
    context_tokens: int | None = None


@dataclass
class _Heard:
    events: list[ModelEvent]
    batches: int  # with text or reasoning
    first: float  # seconds until the first of them
    seconds: float
    fault: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def calls(self) -> list[ToolCall]:
        """Returns the calls in the wire format; if there are none, those written as text. The loop runs both kinds."""
        return [event.call for event in self.events if isinstance(event, ToolCallReady)] or self.text_calls

    @property
    def text_calls(self) -> list[ToolCall]:
        written = TextCallFilter([_WEATHER.name])
        written.feed(self.text)
        return written.finish()[1]

    @property
    def has_thought(self) -> bool:
        """Whether the model sent reasoning, in a field of its own or inside the answer."""
        thoughts = ThoughtFilter()
        pieces = [*thoughts.feed(self.text), *thoughts.finish()]
        in_field = any(isinstance(event, ReasoningDelta) for event in self.events)
        return in_field or any(piece.kind != "answer" for piece in pieces)


async def check_model(
    config: ModelConfig, report: Callable[[Finding], None], *, probe: bool = True
) -> Abilities | None:
    """Checks the model within ALL_SECONDS and passes each finding to `report` at once.

    Returns None if the model does not answer at all. With `probe`, long questions measure the context size if the
    server does not state it.
    """
    model = make_model(config)
    asker = _Asker(model)
    try:
        # A server may have to load the model first.
        counted = await asker.ask(
            "Count from 1 to 40 in digits, separated by spaces. Nothing else.", longest=FIRST_SECONDS
        )
        if counted.fault is not None or not counted.events:
            report(Finding("answers", False, _reason(counted)))
            return None
        report(Finding("answers", True, f"first word after {counted.first:.1f} s"))
        report(Finding("streams", counted.batches > 1, f"{counted.batches} pieces"))
        report(Finding("speed", None, _speed(counted)))
        takes_tools = await _check_tools(asker, report)
        report(Finding("reasoning", counted.has_thought, ""))
        report(await _json_schema(asker))
        context = await _context(config, model, asker.seconds_left, probe=probe)
        size = f"{context.tokens:,} tokens ({context.note})" if context.tokens else context.note
        report(Finding("context", None, size))
        return Abilities(takes_tools, context.tokens)
    finally:
        await model.aclose()


class _Asker:
    """Sends small requests to a model, for at most ALL_SECONDS altogether."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._ends = time.perf_counter() + ALL_SECONDS

    @property
    def seconds_left(self) -> float:
        """The rest of ALL_SECONDS."""
        return max(self._ends - time.perf_counter(), 0.0)

    async def ask(
        self,
        text: str,
        tools: Sequence[ToolSpec] = (),
        schema: dict[str, Any] | None = None,
        *,
        longest: float = SECONDS,
    ) -> _Heard:
        """Returns what the model sent within `longest` seconds, with the error if it failed. Raises nothing."""
        request = ModelRequest([Message("user", text)], list(tools), max_output_tokens=1024, schema=schema)
        began, seconds = time.perf_counter(), min(longest, self.seconds_left)
        heard = _Heard([], 0, 0.0, 0.0)
        try:
            async with asyncio.timeout(seconds):
                async for batch in self._model.stream(request):
                    heard.events += batch
                    if any(isinstance(event, TextDelta | ReasoningDelta) for event in batch):
                        heard.batches += 1
                        heard.first = heard.first or time.perf_counter() - began
        except ModelError as error:
            heard.fault = error
        except TimeoutError:
            if not heard.events:
                heard.fault = ModelError("model_timeout", f"No answer within {seconds:.0f} s.")
        heard.seconds = time.perf_counter() - began
        return heard


async def _check_tools(asker: _Asker, report: Callable[[Finding], None]) -> bool:
    one = await asker.ask("What is the weather in Oslo? Call the tool.", [_WEATHER])
    refused = isinstance(one.fault, NoTools)
    called = bool(one.calls) and not one.calls[0].fault
    if called and one.text_calls:
        note = "written as text"
    elif called:
        note = ""
    else:
        note = "passages go into the question" if refused else _reason(one) or "it did not call one"
    report(Finding("tools", called, note))
    if not called:
        report(Finding("several tools at once", False, ""))
        return not refused
    two = await asker.ask("What is the weather in Oslo, and in Lima? Call the tool once for each, at once.", [_WEATHER])
    report(Finding("several tools at once", len(two.calls) > 1, f"{len(two.calls)} calls"))
    return True


async def _json_schema(asker: _Asker) -> Finding:
    heard = await asker.ask("Oslo has 709,000 people. Give the city and its people as JSON.", schema=_SCHEMA)
    try:
        found = json.loads(heard.text)
    except (ValueError, RecursionError):
        return Finding("JSON schema", False, _reason(heard) or "the answer is no JSON")
    fits = isinstance(found, dict) and set(found) == {"city", "people"} and isinstance(found["people"], int)
    return Finding("JSON schema", fits, "" if fits else "JSON of another shape")


async def _context(config: ModelConfig, model: Model, seconds: float, *, probe: bool) -> ContextSize:
    kind, _, name = config.model.partition("/")
    base_url = (config.base_url or default_url(kind)).rstrip("/")
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            stated = await stated_context(base_url, config.api_key, name)
    except TimeoutError:
        stated = None
    if stated is not None or not probe:
        return stated or ContextSize(None, "the server does not say")
    return await tried_context(model, max(seconds - (time.perf_counter() - began), 0.0))


def _speed(heard: _Heard) -> str:
    counted = [event.output_tokens for event in heard.events if isinstance(event, Usage)]
    tokens = max(counted, default=0) or len(heard.text) // 4
    return f"{tokens / max(heard.seconds - heard.first, 0.01):,.0f} tokens/s"


def _reason(heard: _Heard) -> str:
    """Returns why there is no answer: in the server's own words, if it sent some."""
    if heard.fault is None:
        return "" if heard.events else "an empty answer"
    if isinstance(heard.fault, ContextTooLong):
        return "the model reads too little even for this"
    return " ".join(part for part in (heard.fault.message, heard.fault.detail) if part)
