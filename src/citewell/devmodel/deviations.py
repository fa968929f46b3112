"""What real model servers and models do otherwise than they should, one at a time."""

import json
import re
from collections.abc import Iterator
from typing import Any

from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.dialogue import Dialogue
from citewell.devmodel.steps import Call, Finish, Say, Step, answer, calls, tokens
from citewell.devmodel.wire import OpenAIWire, Spoken, data

_GO_ON = re.compile(r"\b(?:go on|continue|weiter)\b", re.IGNORECASE)
_MARK = re.compile(r"\[\[(c\d+)\|(.*?)\]\]")
_CHARS_OF_TOKEN = 4
_USUAL_LIMIT = 2000  # tokens


def steps_of(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    """Like the behaviour `tool`, but for what the kind says."""
    kind = behaviour.kind
    if kind == "cut-short" and not _GO_ON.search(dialogue.question):
        yield from (Say(text) for text in tokens(behaviour.count("tokens", 40)))
        yield Finish("length")
        return
    if kind == "think-inside":
        yield from (Say(piece) for piece in ("<thi", "nk>They ask about [[c1|something]].", "</th", "ink>\n\n"))
    if dialogue.may_call and not dialogue.results:
        yield from _spoken(dialogue) if kind == "spoken-call" else calls("tool", 1, dialogue)
        return
    # Whoever cannot call tools gets the passages with the question.
    text = "".join(answer(dialogue.results or [dialogue.question]))
    if kind == "near-mark":
        text = _MARK.sub(r"[\1|\2]", text)
    elif kind == "unmarked" and (mark := _MARK.search(text)):
        text = f"{mark[2]}. "
    yield from (Say(text[start : start + 5]) for start in range(0, len(text), 5))


def _spoken(dialogue: Dialogue) -> Iterator[Step]:
    """The call as a text of the answer."""
    call = json.dumps({"name": dialogue.search_tool, "arguments": {"query": dialogue.question}})
    text = f"I look that up.\n<tool_call>\n{call}\n</tool_call>"
    yield from (Say(text[start : start + 7]) for start in range(0, len(text), 7))


def refusal_of(behaviour: Behaviour, body: dict[str, Any]) -> str | None:
    """Why a server refuses the request with status 400, in words of such servers; None where it does not."""
    if behaviour.kind == "no-tools" and body.get("tools"):
        return f"{body.get('model')} does not support tools"
    if behaviour.kind == "too-long":
        limit = behaviour.count("limit", _USUAL_LIMIT)
        asked = len(json.dumps(body.get("messages"))) // _CHARS_OF_TOKEN
        if asked > limit:
            return f"This model's maximum context length is {limit} tokens. However, your messages resulted in {asked}."
    return None


class OddOpenAIWire(OpenAIWire):
    """Contents as lists of parts, calls in one piece with arguments as an object, a number as id, a prefix before the
    name and index 0 for each, and counts as floats and texts."""

    def render(self, step: Spoken) -> bytes:
        if isinstance(step, Say):
            self.said += 1
            return self._chunk({"content": [{"type": "text", "text": step.text}]})
        return super().render(step)

    def end(self) -> bytes:
        usage = {"prompt_tokens": 10.0, "completion_tokens": str(self.said)}
        return self._chunk({}, self._reason) + data({"usage": usage}) + b"data: [DONE]\n\n"

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        function = {"name": f"functions.{step.name}", "arguments": json.loads(step.arguments)}
        return self._chunk({"tool_calls": [{"index": 0, "id": 7, "function": function}]})
