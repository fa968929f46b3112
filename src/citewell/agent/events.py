"""The events that the agent emits while it works."""

from typing import Any

import msgspec

from citewell.agent.protocol import ToolCall, Usage


class AnswerStarted(msgspec.Struct, frozen=True):
    """A new text begins. Text that was shown before it stays visible, but is not part of the answer."""


class AnswerText(msgspec.Struct, frozen=True):
    """A piece of the text, with its citations as links."""

    delta: str


class Reasoning(msgspec.Struct, frozen=True):
    """A finished step of the model's reasoning."""

    content: str


class ToolRequested(msgspec.Struct, frozen=True):
    """A tool call of the model that is about to run."""

    call: ToolCall
    tool_type: str


class ToolAnswered(msgspec.Struct, frozen=True):
    """A tool call that has ended. `results` are its results in the form that clients get."""

    call: ToolCall
    tool_type: str
    results: list[dict[str, Any]]


class TokensUsed(msgspec.Struct, frozen=True):
    """The tokens that all model calls of the answer have used so far. Emitted after each call.

    `of_others` is the part of other models than the answering one: of agents that it asks, and of the claim check.
    """

    usage: Usage
    of_others: Usage = Usage()


AgentEvent = AnswerStarted | AnswerText | Reasoning | ToolRequested | ToolAnswered | TokensUsed
