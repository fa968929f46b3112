"""Parses the chunks of one reply in the OpenAI chat-completions format into model events."""

import re
from typing import Any

from citewell.agent.models import faults
from citewell.agent.models.calls import CallPieces
from citewell.agent.models.chunks import (
    Choice,
    Chunk,
    Delta,
    Function,
    HalfCharacters,
    citations_of,
    delta_of,
    error_in,
    is_thought,
    read_chunk,
    text_and_thought,
    thought_of,
    usage_of,
)
from citewell.agent.protocol import Finished, ModelEvent, ReasoningDelta, TextDelta

_DONE = b"[DONE]"
# Why a reply was not finished: gateways end so, and Gemini for a call that it cannot read.
_FAILED = re.compile(r"error|network_error|.*malformed_function_call", re.IGNORECASE)
_MAX_PIECES = 20  # events that one JSON text may be cut into


class OpenAIReply:
    """Feed `read` the data of each event in order, then call `finish`."""

    def __init__(self) -> None:
        self._calls = CallPieces()
        self._halves = HalfCharacters()
        self._half_thoughts = HalfCharacters()
        self._reason: str | None = None
        self._has_said = False
        self._is_counted = False
        self._unread: list[bytes] = []  # the beginning of a JSON text that goes on in the next event

    def read(self, data: bytes, events: list[ModelEvent]) -> None:
        """Parses one chunk, and appends the model events to `events`. Raises ModelError if the server reports an
        error.
        """
        if data.startswith(_DONE):
            self._reason = self._reason or "stop"
            return
        if (chunk := self._chunk(data)) is None:
            return
        if (error := chunk.error or error_in(chunk)) and not self.is_over:
            raise faults.reported(error, has_begun=self._has_said)
        if chunk.usage is not None and (usage := usage_of(chunk.usage)) is not None:
            events.append(usage)
            self._is_counted = not chunk.choices
        if chunk.choices:
            self._choice(chunk.choices[0], events)

    @property
    def is_over(self) -> bool:
        """Whether the server has said why the reply ends. Errors after that are ignored."""
        return self._reason is not None

    def finish(self) -> list[ModelEvent]:
        """Returns the tool calls and the end of the reply. Raises ModelError if the server broke off."""
        if self._unread and not self.is_over:
            raise faults.malformed()
        # Servers send the token counts last. So a reply with counts is complete even without a reason, and so is one
        # with complete calls.
        is_whole = (self._is_counted and self._has_said) or self._calls.is_whole
        reason = self._reason or ("stop" if is_whole else None)
        if reason is None:
            raise faults.cut_off()
        return [*self._calls.ready(), Finished(reason)]

    def _chunk(self, data: bytes) -> Chunk | None:
        """Returns the chunk; None for a keep-alive and for an event that has only a part of a JSON text."""
        if self._unread:
            self._unread.append(data)
            chunk = read_chunk(b"".join(self._unread))
            if chunk is None and len(self._unread) >= _MAX_PIECES and not self.is_over:
                raise faults.malformed()
            if chunk is not None:
                self._unread.clear()
            return chunk
        chunk = read_chunk(data)
        if chunk is None and data.lstrip()[:1] in (b"{", b"["):
            self._unread.append(data)
        return chunk

    def _choice(self, choice: Choice, events: list[ModelEvent]) -> None:
        before = len(events)
        if choice.delta is not None:
            self._delta(choice.delta, events)
        elif not self._has_said and isinstance(choice.message, dict):
            self._delta(delta_of(choice.message), events)  # a whole reply from a server that does not stream
            self._reason = choice.finish_reason or "stop"
        elif isinstance(choice.text, str) and choice.text:
            events.append(TextDelta(self._halves.join(choice.text)))
        self._has_said = self._has_said or len(events) > before
        reason = choice.finish_reason or ""
        if not self.is_over and (choice.error or _FAILED.fullmatch(reason)):
            raise faults.reported(choice.error or reason, has_begun=self._has_said)
        self._reason = self._reason or choice.finish_reason

    def _delta(self, delta: Delta, events: list[ModelEvent]) -> None:
        text, thought = text_and_thought(delta.content) if delta.content else (delta.refusal or "", "")
        if delta.extra_content is not None and is_thought(delta.extra_content):
            text, thought = "", text + thought
        reasoning = delta.reasoning_content or delta.reasoning or delta.thinking or delta.reasoning_details
        if reasoning:
            thought = thought_of(reasoning) + thought
        if thought and (whole := self._half_thoughts.join(thought)):
            events.append(ReasoningDelta(whole))
        if text and (whole := self._halves.join(text)):
            events.append(TextDelta(whole))
        if delta.annotations:
            events += citations_of(delta.annotations)
        for piece in delta.tool_calls or ():
            name = piece.name if isinstance(piece.name, str) else None
            self._call(piece.index, piece.id, piece.function or Function(name, piece.arguments), piece.extra_content)
        if isinstance(delta.function_call, dict):
            legacy = delta.function_call
            name = legacy.get("name")
            self._call(0, None, Function(name if isinstance(name, str) else None, legacy.get("arguments")))

    def _call(self, index: Any, call_id: Any, function: Function, extra: Any = None) -> None:
        self._has_said = True
        self._calls.add(index, call_id, function.name or "", function.arguments, extra)
