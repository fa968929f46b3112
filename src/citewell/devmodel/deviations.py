"""What real model servers and models do otherwise than they should, one at a time."""

import json
import re
from collections.abc import Iterator
from typing import Any

from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.dialogue import Dialogue
from citewell.devmodel.steps import Call, Cite, Finish, Say, Step, Think, answer, calls, tokens
from citewell.devmodel.wire import OpenAIWire, Spoken, data

_GO_ON = re.compile(r"\b(?:go on|continue|weiter)\b", re.IGNORECASE)
_MARK = re.compile(r"\[\[(c\d+)\|(.*?)\]\]")
_THOUGHT = "They ask about [[c1|something]]."
_THOUGHTS = {
    "think-inside": ("<thi", f"nk>{_THOUGHT}", "</th", "ink>\n\n"),
    "think-end": (_THOUGHT, "</thi", "nk>\n\n"),
}
# Citations that nearly fit: what stands for `[[c1|words]]`, and what stands behind those words as a sentence.
_WITH_WORDS = (r"[\1|\2]", r"[[\1-c2|\2]]", r"[[\1, c2|\2]]", r"[[\1|\2")
_ALONE = ("[{0}]", "【1†source】", "[1]", "(source: {0})", "[^1]", "[{0}, c2]")
_EMOJI = "🙂 "
_CHARS_OF_TOKEN = 4
_USUAL_LIMIT = 2000  # tokens


def steps_of(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    """Like the behaviour `tool`, but for what the kind says."""
    kind = behaviour.kind
    if kind == "cut-short" and not _GO_ON.search(dialogue.question):
        yield from (Say(text) for text in tokens(behaviour.count("tokens", 40)))
        yield Finish("length")
        return
    yield from map(Say, _THOUGHTS.get(kind, ()))
    if kind == "think-parts":
        yield Think(_THOUGHT)
    if dialogue.may_call and not dialogue.results:
        count = behaviour.count("calls", 2 if kind == "odd-calls" else 1)
        yield from _spoken(behaviour, dialogue) if kind == "spoken-call" else calls("tool", count, dialogue)
        return
    # Whoever cannot call tools gets the passages with the question.
    text = "".join(answer(dialogue.results or [dialogue.question]))
    mark = _MARK.search(text)
    if kind == "near-mark" and mark:
        text = _nearly_marked(text, mark, behaviour.count("form", 0))
    elif kind in ("unmarked", "own-citation") and mark:
        text = f"{mark[2]}. "
    elif kind == "made-up-link":
        text += "See [the page](https://example.org/made-up) ![a picture](https://example.org/up.png). "
    elif kind == "halves":
        text += _EMOJI
    yield from (Say(text[start : start + 5]) for start in range(0, len(text), 5))
    if kind == "own-citation" and mark:
        yield Cite(mark[2])


def _nearly_marked(text: str, mark: re.Match[str], form: int) -> str:
    if form < len(_WITH_WORDS):
        return _MARK.sub(_WITH_WORDS[form], text)
    return f"{mark[2]} {_ALONE[min(form - len(_WITH_WORDS), len(_ALONE) - 1)].format(mark[1])}. "


def _spoken(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    """The call as a text of the answer."""
    call = json.dumps({"name": dialogue.search_tool, "arguments": {"query": dialogue.question}})
    text = call if behaviour.count("bare", 0) else f"I look that up.\n<tool_call>\n{call}\n</tool_call>"
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


class OddCallsWire(OpenAIWire):
    """Each call in one piece with index 0, without an id, and with arguments that are encoded twice."""

    def _call(self, step: Call) -> bytes:
        self._reason = "tool_calls"
        function = {"name": step.name, "arguments": json.dumps(step.arguments)}
        return self._chunk({"tool_calls": [{"index": 0, "function": function}]})


class PartsWire(OpenAIWire):
    """Thoughts as parts of the content."""

    def render(self, step: Spoken) -> bytes:
        if isinstance(step, Think):
            self.said += 1
            part = {"type": "thinking", "thinking": [{"type": "text", "text": step.text}]}
            return self._chunk({"content": [part]})
        return super().render(step)


class HalvesWire(OpenAIWire):
    """The two halves of a character in two events."""

    def render(self, step: Spoken) -> bytes:
        if not isinstance(step, Say) or "🙂" not in step.text:
            return super().render(step)
        before, _, behind = step.text.partition("🙂")
        # A half alone is no character: it is put into the finished event.
        pieces = super().render(Say(f"{before}@")), super().render(Say(f"@{behind}"))
        return pieces[0].replace(b"@", b"\\ud83d") + pieces[1].replace(b"@", b"\\ude42")


WIRES: dict[str, type[OpenAIWire]] = {
    "odd-fields": OddOpenAIWire,
    "odd-calls": OddCallsWire,
    "think-parts": PartsWire,
    "halves": HalvesWire,
}
