"""What a turn will leave in the history, gathered while the agent works."""

from typing import Any

from citewell.agent.events import (
    AgentEvent,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
)
from citewell.agent.protocol import Usage
from citewell.turns.store import Outcome


class Record:
    """Takes the agent's events; `outcome` may be asked for at any moment, also of an answer that broke off."""

    def __init__(self) -> None:
        self._messages: list[tuple[str, str, dict[str, Any]]] = []
        self._text: list[str] = []
        self._finished: AnswerFinished | None = None
        self._usage = Usage(0, 0)

    def add(self, event: AgentEvent) -> None:
        match event:
            case AnswerText(delta=delta):
                self._text.append(delta)
            case AnswerStarted():
                self._text.clear()
            case Reasoning(content=content):
                self._messages.append(("reasoning_flow", content, {}))
            case ToolAnswered(call=call, tool_type=tool_type, results=results):
                extra = {
                    "tool_type": tool_type,
                    "tool_name": call.name,
                    "tool_call_id": call.id,
                    "input_parameters": call.arguments,
                    "results": results,
                }
                self._messages.append(("tool_call", "", extra))
            case TokensUsed(usage=usage):
                self._usage = usage
            case AnswerFinished():
                self._finished = event

    def outcome(self, state: str, code: str | None = None, error: str | None = None) -> Outcome:
        usage = self._finished.usage if self._finished else self._usage
        messages = [*self._messages, *self._answer(state, usage)]
        return Outcome(state, messages, usage.input_tokens, usage.output_tokens, code, error)

    def _answer(self, state: str, usage: Usage) -> list[tuple[str, str, dict[str, Any]]]:
        content = self._finished.content if self._finished else "".join(self._text)
        if not content and state != "completed":
            return []
        extra: dict[str, Any] = {
            "used_tokens_input": usage.input_tokens,
            "used_tokens_output": usage.output_tokens,
            "citations": _evidence(self._finished) if self._finished else [],
        }
        if state != "completed":
            extra["state"] = state
        return [("message", content, extra)]


def _evidence(finished: AnswerFinished) -> list[dict[str, Any]]:
    """The citations, then the claims that none of them backs."""
    citations = [citation.to_wire() for citation in finished.citations]
    return citations + [claim.to_wire() for claim in finished.claims]
