"""The steps of each behaviour, independent of wire formats."""

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from citewell.devmodel import extraction
from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.dialogue import Dialogue
from citewell.devmodel.verdicts import verdicts


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Think:
    text: str


@dataclass(frozen=True)
class Call:
    """`arguments` is sent as it stands, whether it is JSON or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Cite:
    """A citation in the interface's own form: the cited words."""

    words: str


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Stall:
    """Sends nothing more until the client goes."""


@dataclass(frozen=True)
class Cut:
    """Close the connection inside the event that would say this text."""

    text: str


@dataclass(frozen=True)
class Garbage:
    """An event that is no JSON."""


@dataclass(frozen=True)
class Fault:
    """An error reported inside the stream."""


@dataclass(frozen=True)
class Finish:
    """Why the reply ends, in OpenAI's words, where it is not for the usual reason."""

    reason: str


Step = Say | Think | Call | Cite | Wait | Stall | Cut | Garbage | Fault | Finish

THOUGHT = "They ask about [[c1|something]]."  # which is no citation
_TEXT = "the quarter ended well : naïve 価格 rose by 5 % , and nobody — not even Zoë — knew why 🙂 . So"
_WORDS = tuple(_TEXT.split())
_HEADER = re.compile(r"^\[(c\d+)\] .*$", re.MULTILINE)
_QUOTED_WORDS = 8


def tokens(count: int) -> Iterator[str]:
    """That many words, each with the space behind it; some hold characters of several bytes."""
    return (f"{word} " for word in itertools.islice(itertools.cycle(_WORDS), count))


def steps_of(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    """Yields what the server does for this request. The reply ends after the last step."""
    kind = behaviour.kind
    if kind == "extract":
        yield from _extracted(behaviour, dialogue)
    elif kind == "judge":
        yield Say(verdicts(dialogue.question, supported=bool(behaviour.count("supported", 1))))
    elif kind in _TOOL_KINDS:
        yield from _with_tools(kind, behaviour, dialogue)
    elif kind == "reasoning":
        yield from (Think(text) for text in tokens(behaviour.count("tokens", 12)))
        yield from (Say(text) for text in tokens(10))
    elif kind in _BREAKS:
        yield from (Say(text) for text in tokens(behaviour.count("after", _BREAKS[kind])))
        yield _BREAK_STEPS[kind]
    elif kind != "empty":
        yield from _spoken(behaviour, {"flood": 1000, "paced": 100}.get(kind, 40))


def _extracted(behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    broken = dialogue.asked_again < behaviour.count("broken", 0)
    yield Wait(behaviour.number("wait", 0) / 1000)
    asked = dialogue.question if extraction.is_interview(dialogue.question) else dialogue.first
    if extraction.looks_up(asked):
        if not dialogue.asked_again:
            yield Say(extraction.look(asked))
            return
        asked = f"{asked}\n{dialogue.question}"
    yield Say(extraction.answer(asked, broken=broken, invent=bool(behaviour.count("invent", 0))))


def _spoken(behaviour: Behaviour, default: int) -> Iterator[Step]:
    """The tokens, at the rate if there is one. A steady rate: a late token does not delay those behind it."""
    rate = behaviour.number("rate", 50 if behaviour.kind == "paced" else 0)
    stamped = behaviour.count("stamp", 0)
    started = time.monotonic()
    for number, text in enumerate(tokens(behaviour.count("tokens", default)), 1):
        yield Say(f"{time.monotonic_ns() // 1000} " if stamped else text)
        if rate:
            yield Wait(max(started + number / max(rate, 0.01) - time.monotonic(), 0))


_TOOL_KINDS = frozenset({"tool", "preamble", "tool-loop", "tool-unknown", "tool-broken"})
# How the stream breaks, and after how many tokens if the name does not say.
_BREAKS = {"stall": 1, "cut": 5, "malformed": 1, "error-event": 0}
_BREAK_STEPS: dict[str, Step] = {
    "stall": Stall(),
    "cut": Cut("価格"),
    "malformed": Garbage(),
    "error-event": Fault(),
}


def _with_tools(kind: str, behaviour: Behaviour, dialogue: Dialogue) -> Iterator[Step]:
    if dialogue.may_call and (kind == "tool-loop" or not dialogue.results):
        if kind == "preamble":
            yield Say("Let me look that up. ")
        yield from calls(kind, behaviour.count("calls", 1), dialogue)
        return
    yield from (Say(text) for text in answer(dialogue.results))
    yield from _spoken(behaviour, 0)


def calls(kind: str, count: int, dialogue: Dialogue) -> Iterator[Call]:
    """So many calls of the search tool, or of what the kind calls in its place."""
    name = "no_such_tool" if kind == "tool-unknown" else dialogue.search_tool
    arguments: Any = '{"query": ' if kind == "tool-broken" else dialogue.as_query()
    turn = len(dialogue.results)
    for number in range(1, count + 1):
        yield Call(f"call_{turn + number}", name, arguments)


def answer(results: list[str]) -> Iterator[str]:
    """A claim with a citation of the first words of the first result, in pieces that cut the marker."""
    for result in results:
        header = _HEADER.search(result)
        if header is None:
            continue
        lines = (line for line in result[header.end() :].splitlines() if line.strip(" .|-#"))
        quoted = " ".join(next(lines, "").removeprefix("...").split(" ")[:_QUOTED_WORDS]).strip()
        text = f"The documents say so [[{header[1]}|{quoted}]]. "
        yield from (text[start : start + 5] for start in range(0, len(text), 5))
        return
    yield "The documents do not say. "
