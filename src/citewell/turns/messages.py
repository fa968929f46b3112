"""The messages of a conversation, before and after they are stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from citewell.agent.protocol import Usage


class MessageFields(Protocol):
    """The fields of a message: a row of `messages`, or a NewMessage."""

    @property
    def role(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def query_id(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def extra(self) -> dict[str, Any]: ...


def as_dict(message: MessageFields) -> dict[str, Any]:
    """Returns the message as clients get it: the common fields and those of its type."""
    return {
        "role": message.role,
        "type": message.type,
        "content": message.content,
        "query_id": message.query_id,
        "timestamp": message.created_at.isoformat(),
        **message.extra,
    }


class NewMessage(msgspec.Struct, frozen=True):
    """A message that is about to be stored. `extra` holds the fields that only its type has."""

    role: str
    type: str
    content: str
    query_id: int
    created_at: datetime
    extra: dict[str, Any]


@dataclass
class Outcome:
    """The end of a turn. `messages` are (type, content, extra) of the assistant's messages, in order.

    `tokens_of_others` is the part of the tokens that other models than the turn's used (see TokensUsed).
    """

    state: str
    messages: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    tokens_input: int = 0
    tokens_output: int = 0
    tokens_of_others: Usage = field(default_factory=Usage)
    error_code: str | None = None
    error: str | None = None
    error_detail: str | None = None  # for administrators

    def new_messages(self, query_id: int, created_at: datetime) -> list[NewMessage]:
        """Returns the messages to be stored, in their order."""
        return [
            NewMessage("assistant", kind, content, query_id, created_at, extra)
            for kind, content, extra in self.messages
        ]
