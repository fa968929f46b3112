"""The objects and events of `/v1/responses`, made of what an agent does.

A response has one message for each text of the agent: what it said before it searched, then the answer, with citations
as annotations. Events are numbered from 0.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from citewell.openai.annotations import file_citations, url_citations

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Begun:
    """The agent begins a text."""


@dataclass(frozen=True)
class Said:
    """The agent goes on with its text."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The answer as it stands in the end. `citations` are in their wire form."""

    text: str
    citations: Sequence[dict[str, Any]] = ()
    usage: tuple[int, int] | None = None  # input and output tokens
    is_cut: bool = False
    is_stopped: bool = False  # by a person, or by `cancel`


@dataclass(frozen=True)
class Failed:
    code: str
    message: str


Step = Begun | Said | Finished | Failed


@dataclass
class ResponseObject:
    """A response as it grows. `take` gives the events of a step; `as_dict` is the whole of it at any time."""

    model: str
    id: str
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool = True
    max_output_tokens: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    files_wanted: bool = False  # file citations beside those of addresses

    def __post_init__(self) -> None:
        self.created_at = int(time.time())  # seconds since 1970
        self.completed_at: int | None = None  # None: when it is asked for
        self._items: list[dict[str, Any]] = []
        self._status = "in_progress"
        self._error: dict[str, str] | None = None
        self._usage: dict[str, Any] | None = None
        self._number = 0

    def begin(self) -> list[bytes]:
        return [self._whole("response.created"), self._whole("response.in_progress")]

    def take(self, step: Step) -> list[bytes]:
        match step:
            case Begun():
                return [*self._close(), *self._open()]
            case Said(text):
                opened = [] if self._is_open else list(self._open())
                self._part["text"] += text
                return [*opened, self._of_part("response.output_text.delta", delta=text, logprobs=[])]
            case Finished():
                return list(self._finish(step))
            case Failed(code, message):
                self._status, self._error = "failed", {"code": code, "message": message}
                return [self._whole("response.failed")]

    def as_dict(self) -> dict[str, Any]:
        """Returns the `Response` object of the API."""
        done = self._status in ("completed", "incomplete")
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "completed_at": (self.completed_at or int(time.time())) if done else None,
            "status": self._status,
            "error": self._error,
            "incomplete_details": {"reason": "max_output_tokens"} if self._status == "incomplete" else None,
            "instructions": self.instructions,
            "model": self.model,
            "output": self._items,
            "previous_response_id": self.previous_response_id,
            "store": self.store,
            "max_output_tokens": self.max_output_tokens,
            "metadata": self.metadata,
            "usage": self._usage,
            **_FIXED,
        }

    @property
    def _is_open(self) -> bool:
        return bool(self._items) and self._items[-1]["status"] == "in_progress"

    @property
    def _part(self) -> dict[str, Any]:
        part: dict[str, Any] = self._items[-1]["content"][0]
        return part

    def _open(self) -> Iterator[bytes]:
        index = len(self._items)
        name = f"{self.id.replace('resp_', 'msg_')}{index:02}"  # the same whenever a stored response is read
        item = {"type": "message", "id": name, "status": "in_progress", "role": "assistant"}
        yield self._event("response.output_item.added", output_index=index, item={**item, "content": []})
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        self._items.append({**item, "content": [part]})
        yield self._of_part("response.content_part.added", part=part)

    def _close(self) -> Iterator[bytes]:
        if not self._is_open:
            return
        part, index = self._part, len(self._items) - 1
        for number, annotation in enumerate(part["annotations"]):
            yield self._of_part("response.output_text.annotation.added", annotation_index=number, annotation=annotation)
        yield self._of_part("response.output_text.done", text=part["text"], logprobs=[])
        yield self._of_part("response.content_part.done", part=part)
        self._items[-1]["status"] = "completed"
        yield self._event("response.output_item.done", output_index=index, item=self._items[-1])

    def _finish(self, answer: Finished) -> Iterator[bytes]:
        if not self._is_open:
            yield from self._open()
        self._part["text"] = answer.text
        self._part["annotations"] = [*url_citations(answer.text, answer.citations)]
        if self.files_wanted:
            self._part["annotations"] += file_citations(answer.text, answer.citations)
        yield from self._close()
        if answer.usage is not None:
            read, written = answer.usage
            self._usage = {
                "input_tokens": read,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": written,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": read + written,
            }
        self._status = "incomplete" if answer.is_cut else "completed"
        ended = self._whole(f"response.{self._status}")
        if answer.is_stopped:
            self._status = "cancelled"  # for which the API has no event
        yield ended

    def _of_part(self, kind: str, **fields: Any) -> bytes:
        place = {"item_id": self._items[-1]["id"], "output_index": len(self._items) - 1, "content_index": 0}
        return self._event(kind, **place, **fields)

    def _whole(self, kind: str) -> bytes:
        return self._event(kind, response=self.as_dict())

    def _event(self, kind: str, **fields: Any) -> bytes:
        body = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode(body))


_FIXED: dict[str, Any] = {
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "max_tool_calls": None,
    "text": {"format": {"type": "text"}},
    "truncation": "auto",
    "temperature": 1.0,
    "top_p": 1.0,
    "top_logprobs": 0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "reasoning": None,
    "background": False,
    "service_tier": "default",
    "safety_identifier": None,
    "prompt_cache_key": None,
    "user": None,
}


def response_id(project_id: UUID, turn_id: UUID) -> str:
    return f"resp_{project_id.hex}{turn_id.hex}"


def ids_in(text: str) -> tuple[UUID, UUID] | None:
    """Project and turn of a stored response; None for the id of something else."""
    body = text.removeprefix("resp_")
    try:
        return (UUID(body[:32]), UUID(body[32:])) if len(body) == 64 else None
    except ValueError:
        return None
