"""Collects the messages that a turn adds to the history, while the agent works."""

from dataclasses import replace
from typing import Any

from citewell.agent.events import (
    AgentEvent,
    AnswerStarted,
    AnswerText,
    Reasoning,
    TokensUsed,
    ToolAnswered,
)
from citewell.agent.loop import Answer
from citewell.agent.protocol import Usage
from citewell.turns.messages import Outcome


class Record:
    """Collects the agent's events, so that an answer that breaks off can be stored as well."""

    def __init__(self) -> None:
        self._messages: list[tuple[str, str, dict[str, Any]]] = []
        self._text: list[str] = []
        self._usage = Usage(0, 0)
        self._of_others = Usage()

    def add(self, event: AgentEvent) -> None:
        """Adds one event of the agent."""
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
            case TokensUsed(usage=usage, of_others=of_others):
                self._usage, self._of_others = usage, of_others

    def completed(self, answer: Answer) -> Outcome:
        """Returns the outcome of a turn whose answer is complete."""
        evidence = [citation.to_wire() for citation in answer.citations]
        evidence += [claim.to_wire() for claim in answer.claims]
        outcome = self._outcome("completed", answer.content, answer.usage, evidence, is_cut=answer.is_cut)
        if (check := answer.claim_check) is not None:
            told = {"model": check.model, "supported": check.supported, "unsupported": check.unsupported}
            outcome.messages[-1][2]["claim_check"] = told
        return outcome

    def broken_off(
        self, state: str, code: str | None = None, error: str | None = None, detail: str | None = None
    ) -> Outcome:
        """Returns the outcome of a turn that was stopped or failed. Its answer is the text so far, without citations.

        `detail` is shown to administrators only.
        """
        outcome = self._outcome(state, "".join(self._text), self._usage, [])
        return replace(outcome, error_code=code, error=error, error_detail=detail)

    def _outcome(
        self, state: str, content: str, usage: Usage, evidence: list[dict[str, Any]], *, is_cut: bool = False
    ) -> Outcome:
        messages = list(self._messages)
        if content or state == "completed":
            extra: dict[str, Any] = {
                "used_tokens_input": usage.input_tokens,
                "used_tokens_output": usage.output_tokens,
                "citations": evidence,
            }
            if state != "completed" or is_cut:
                extra["state"] = "cut" if is_cut else state
            messages.append(("message", content, extra))
        return Outcome(state, messages, usage.input_tokens, usage.output_tokens, self._of_others)
