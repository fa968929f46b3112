"""The ways in which real model servers deviate from their protocol, one at a time."""

import json
import re
from collections.abc import Iterator

from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.dialogue import Dialogue
from citewell.devmodel.steps import THOUGHT, Cite, Finish, Say, Step, Think, answer, calls, tokens

_GO_ON = re.compile(r"\b(?:go on|continue|weiter)\b", re.IGNORECASE)
_MARK = re.compile(r"\[\[(c\d+)\|(.*?)\]\]")
_THOUGHTS = {
    "think-inside": ("<thi", f"nk>{THOUGHT}", "</th", "ink>\n\n"),
    "think-end": (THOUGHT, "</thi", "nk>\n\n"),
}
# Citations that nearly fit: what stands for `[[c1|words]]`, and what stands behind those words as a sentence.
_WITH_WORDS = (r"[\1|\2]", r"[[\1-c2|\2]]", r"[[\1, c2|\2]]", r"[[\1|\2")
_ALONE = ("[{0}]", "【1†source】", "[1]", "(source: {0})", "[^1]", "[{0}, c2]")
_EMOJI = "🙂 "


def steps_of(behaviour: Behaviour, dialogue: Dialogue, before: int) -> Iterator[Step]:
    """Yields the steps of the behaviour `tool`, changed as the kind says.

    `before` counts earlier requests to the model.
    """
    kind = behaviour.kind
    if kind == "cut-short" and not _GO_ON.search(dialogue.question):
        yield from (Say(text) for text in tokens(behaviour.count("tokens", 40)))
        yield Finish("length")
        return
    if kind == "empty-first" and before < behaviour.count("times", 1):
        yield Finish("error" if behaviour.count("failed", 0) else "stop")
        return
    yield from map(Say, _THOUGHTS.get(kind, ()))
    if kind in ("think-parts", "strict"):
        yield Think(THOUGHT)
    if kind == "channels":
        yield Say(f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant")
    if dialogue.may_call and not dialogue.results:
        yield from _calling(behaviour, dialogue)
        return
    # Whoever cannot call tools gets the passages with the question.
    text = "".join(answer(dialogue.results or [dialogue.question]))
    mark = _MARK.search(text)
    if kind == "near-mark" and mark:
        text = _nearly_marked(text, mark, behaviour.count("form", 0))
    elif kind == "unfounded":
        text += "A yacht on the moon costs 77 million dollars. "
    elif kind == "channels":
        text = f"<|channel|>final<|message|>{text}<|return|>"
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


def _calling(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    """The call, as the kind makes it: some write it as a text, into the answer or their thinking."""
    call = json.dumps({"name": dialogue.search_tool, "arguments": {"query": dialogue.question}})
    tagged = f"<tool_call>\n{call}\n</tool_call>"
    match behaviour.kind:
        case "spoken-call":
            text = call if behaviour.count("bare", 0) else f"I look that up.\n{tagged}"
            yield from (Say(text[start : start + 7]) for start in range(0, len(text), 7))
        case "thought-call":
            yield from map(Think, (THOUGHT, "\n", tagged))
        case "channels":
            header = f"<|channel|>commentary to=functions.{dialogue.search_tool} <|constrain|>json<|message|>"
            yield from map(Say, (header, dialogue.as_query(), "<|call|>"))
        case kind:
            yield from calls("tool", behaviour.count("calls", 2 if kind == "odd-calls" else 1), dialogue)
