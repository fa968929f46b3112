"""One reply of the model, as it streams."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from citewell.agent.citations import MAX_MARKER, Citation, CitationResolver
from citewell.agent.context import estimate_tokens, message_tokens
from citewell.agent.control_tokens import ControlTokenFilter
from citewell.agent.events import AgentEvent, AnswerStarted, AnswerText, Reasoning
from citewell.agent.marks import MarkReader
from citewell.agent.proofreading import Proofreader
from citewell.agent.protocol import (
    Cited,
    Finished,
    Model,
    ModelError,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallReady,
    Usage,
)
from citewell.agent.sources import Sources
from citewell.agent.spans import find_span
from citewell.agent.streams import closing
from citewell.agent.text_call_formats import known_name
from citewell.agent.text_calls import TextCallFilter
from citewell.agent.thoughts import Piece, ThoughtFilter
from citewell.kit import tracing
from citewell.kit.storable import storable

# Finish reasons of a model that reached its output limit, as different servers name them.
_CUT = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded", "MAX_TOKENS"})
# Finish reasons of a server that withheld the answer or a part of it.
_WITHHELD = frozenset({"content_filter", "safety", "prohibited_content", "blocklist", "sensitive", "refusal"})

Emit = Callable[[Sequence[AgentEvent]], None]


class Reply:
    """Reads one reply: emits its text with resolved citations while it streams, and collects its tool calls.

    A reply longer than `max_chars` is cut there, and the request is closed.
    """

    def __init__(self, sources: Sources, emit: Emit, max_chars: int, tools: Collection[str] = ()) -> None:
        """`tools` are the names of the tools that the model may call."""
        self._sources = sources
        self._resolver = CitationResolver(sources, keep_bare=True)
        self._proofreader = Proofreader(sources, self._resolver)
        self._mark_reader = MarkReader(sources)
        self._thought_filter = ThoughtFilter()
        self._token_filter = ControlTokenFilter()
        self._text_calls = TextCallFilter(tools)
        self._tools = tools
        self._emit = emit
        self._reason = ""
        self._room = max_chars
        self._max_thoughts = max_chars
        self._raw: list[str] = []
        self._shown: list[str] = []
        self._thoughts: list[str] = []
        self._thought = 0
        self._usage: Usage | None = None
        self.reasoning: list[str] = []
        self.calls: list[ToolCall] = []

    async def read(self, model: Model, request: ModelRequest) -> None:
        """Sends the request and reads the reply. Raises ModelError, also for a reply with neither text nor calls."""
        with tracing.model_span(model.name):
            async with closing(model.stream(request)) as stream:
                async for batch in stream:
                    self._take(batch)
                    if self._room <= 0:
                        break
        self._finish()
        if not self._shown and not self.calls:
            raise self._nothing_said()

    def _finish(self) -> None:
        """Shows the text that was held back, and adds the calls that were written as text.

        Some servers send the same call in both ways; it is added once.
        """
        self._divide(self._thought_filter.finish())
        self._answer(self._text_calls.feed(self._token_filter.finish()))
        text, calls = self._text_calls.finish()
        known = [(call.name, call.arguments) for call in self.calls]
        self.calls += [call for call in calls if (call.name, call.arguments) not in known]
        self._answer(text)
        self._end_reasoning()
        if self.reasoning and not self._raw and not self.calls:
            self.calls = _calls_written_in(self.reasoning[-1], self._tools)
        self._show(self._proofreader.feed(self._mark_reader.finish()) + self._proofreader.finish())

    @property
    def is_cut(self) -> bool:
        """Whether the model stopped because it reached its limit."""
        return self._room <= 0 or self._reason in _CUT

    @property
    def raw(self) -> str:
        """The text as the model wrote it, which later requests repeat to the model."""
        return "".join(self._raw)

    @property
    def content(self) -> str:
        """The answer as it was shown, with citations as links."""
        return "".join(self._shown)

    @property
    def citations(self) -> list[Citation]:
        """The citations of the answer, in the order in which they were made."""
        return self._resolver.citations

    def usage_or_estimate(self, request: ModelRequest) -> Usage:
        """Returns the tokens that the server counted, or an estimate if it counted none."""
        if self._usage is not None:
            return self._usage
        return Usage(sum(map(message_tokens, request.messages)), estimate_tokens(self.raw))

    def _take(self, batch: Sequence[ModelEvent]) -> None:
        text: list[str] = []
        for event in batch:
            if isinstance(event, TextDelta):
                text.append(event.text)
            elif isinstance(event, ReasoningDelta):
                self._think(event.text)
            elif isinstance(event, ToolCallReady):
                name = known_name(event.call.name, self._tools) or event.call.name
                self.calls.append(msgspec.structs.replace(event.call, name=name))
            elif isinstance(event, Cited):
                self._say("".join(text))
                text.clear()
                self._say(self._marker(event))
            elif isinstance(event, Usage):
                self._usage = event
            elif isinstance(event, Finished):
                self._reason = event.reason
        if text:
            self._say("".join(text))

    def _marker(self, cited: Cited) -> str:
        """Returns the marker for a citation that the server sent. If no chunk matches, records that and returns ""."""
        label = self._sources.label_at(cited.address) if cited.address else None
        words = storable(cited.words).strip()
        if words and "]]" not in words and len(words) < MAX_MARKER:
            label = next((one for one, chunk in self._sources.shown() if find_span(chunk.content, words)), label)
        if label is None:
            self._resolver.note_unknown(words or storable(cited.title or cited.address))
            return ""
        return f" [[{label}|{words}]]" if words else f" [[{label}]]"

    def _say(self, text: str) -> None:
        text = storable(text)[: self._room]
        self._room -= len(text)
        self._divide(self._thought_filter.feed(text))

    def _divide(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.kind == "thought":
                self._think(piece.text)
            elif piece.kind == "answer":
                self._answer(self._text_calls.feed(self._token_filter.feed(piece.text)))
            else:
                self._withdraw()

    def _answer(self, text: str) -> None:
        if not text:
            return
        self._end_reasoning()
        self._raw.append(text)
        self._show(self._proofreader.feed(self._mark_reader.feed(text)))

    def _withdraw(self) -> None:
        """Turns the text that was shown as the answer into reasoning, and starts a new answer."""
        held, _ = self._text_calls.finish()
        held += self._token_filter.finish()
        thought = "".join(self._raw) + held
        self._raw.clear()
        self._shown.clear()
        self._resolver = CitationResolver(self._sources, keep_bare=True)
        self._proofreader = Proofreader(self._sources, self._resolver)
        self._mark_reader = MarkReader(self._sources)
        self._text_calls = TextCallFilter(self._tools)
        self._think(thought)
        self._end_reasoning()

    def _show(self, text: str) -> None:
        if self._shown:
            if text:
                self._shown.append(text)
                self._emit([AnswerText(text)])
            return
        # An answer begins with its first visible character: models put line breaks before tool calls.
        text = text.lstrip()
        if text:
            self._shown.append(text)
            self._emit([AnswerStarted(), AnswerText(text)])

    def _think(self, text: str) -> None:
        if self._thought < self._max_thoughts:
            self._thoughts.append(storable(text))
            self._thought += len(text)

    def _end_reasoning(self) -> None:
        thoughts = "".join(self._thoughts).strip()
        self._thoughts.clear()
        if thoughts:
            self.reasoning.append(thoughts)
            self._emit([Reasoning(thoughts)])

    def _nothing_said(self) -> ModelError:
        """Returns the error for a reply without an answer."""
        if self.is_cut and self.reasoning:
            message = (
                "The model reached its limit while it was still thinking. Ask a smaller question, or let it write "
                "more: CITEWELL_MODEL_MAX_OUTPUT_TOKENS."
            )
            return ModelError("model_malformed", message)
        if self._reason.lower() in _WITHHELD:
            return ModelError("model_refused", "The model server's content filter held the answer back.")
        message = "The model gave an empty answer. Ask again."
        if self.reasoning:
            message = "The model server sent thinking and no answer: check its reasoning parser, or ask again."
        return EmptyAnswer("model_malformed", message, retryable=True)


class EmptyAnswer(ModelError):
    """The reply has neither text nor calls. Asking again usually helps."""


def _calls_written_in(thoughts: str, tools: Collection[str]) -> list[ToolCall]:
    """Returns the calls that a model wrote as text at the end of its thinking."""
    written = TextCallFilter(tools)
    written.feed(thoughts)
    return written.finish()[1]
