"""Parses a model's name into what the server does: `kind` or `kind:name=number,name=number`."""

import re
from dataclasses import dataclass, field

KINDS = {
    "flood": "tokens as fast as the connection takes them (tokens=1000, each=8 a write; stamp=1: its time in µs)",
    "paced": "tokens at a steady rate (tokens=100, rate=50 a second)",
    "tool": "searches, then answers with a citation of the first result (calls=1 at once, tokens=0 of filler, rate)",
    "preamble": "like tool, but says something before it searches",
    "tool-loop": "asks for the search tool whenever it may",
    "tool-unknown": "calls a tool that nobody offers, then answers",
    "tool-broken": "calls the search tool with arguments that are no JSON, then answers",
    "error-<status>": "refuses with that HTTP status (retry_after=seconds)",
    "error-<status>-then-ok": "refuses the first requests (times=1), then answers",
    "error-event": "reports an error inside the stream (after=0 tokens)",
    "stall": "says something (after=1 tokens), then nothing more",
    "cut": "closes the connection in the middle of the answer, inside a character (after=5 tokens)",
    "malformed": "sends an event that is no JSON (after=1 tokens)",
    "html": "answers with a web page",
    "split": "sends its bytes in small pieces, cut anywhere (bytes=7)",
    "empty": "ends without a word",
    "reasoning": "thinks aloud, then answers",
    "think-inside": "like tool, but thinks inside its answer, between <think> and </think>",
    "think-end": "like tool, but thinks inside its answer, with </think> alone behind it",
    "think-parts": "like tool, but sends what it thinks as parts of its content",
    "spoken-call": "like tool, but writes its call as a text (bare=1: as JSON alone)",
    "odd-calls": "like tool, but asks twice with one index (calls=2): form=0 without ids, with arguments that are "
    "encoded twice, form=1 with one id in one chunk, form=2 (calls=1) with an id for each piece and no end",
    "thought-call": "like tool, but writes its call into its thinking",
    "channels": "like tool, but leaves the marks of gpt-oss's channels in its text",
    "misspoken": "like tool, but refuses its own call with a text of it (tool_use_failed)",
    "strict": "like tool, but refuses calls that come back without what it wants: wants=0 the thinking, wants=1 the "
    "signature, wants=2 an id of nine characters",
    "no-stream": "like tool, but refuses to stream",
    "empty-first": "like tool, but its first replies (times=1) say nothing (failed=1: and end with an error)",
    "halves": "like tool, but cuts an emoji of its answer in two events",
    "no-tools": "refuses requests with tools, and answers from passages in the question",
    "too-long": "like tool, but refuses what is longer than it reads (limit=2000 tokens)",
    "cut-short": "stops at its limit (tokens=40); asked to go on, it answers like tool",
    "near-mark": "like tool, but marks its citation nearly right: form=0 is [c1|words], form=1 [[c1-c2|words]], form=2 "
    "[[c1, c2|words]], form=3 is not closed; behind the words alone: form=4 is [c1], form=5 【1†source】, form=6 [1], "
    "form=7 (source: c1), form=8 [^1], form=9 [c1, c2]",
    "own-citation": "like tool, but cites as its interface does: by an annotation (OpenAI) or a citation (Anthropic)",
    "made-up-link": "like tool, but adds a link and an image that it made up",
    "unmarked": "like tool, but marks no citation",
    "unfounded": "like tool, but adds a claim that no document has",
    "odd-fields": "like tool, but with fields of other types: parts, objects, numbers and floats",
    "judge": "calls the claims that it is given supported or not (supported=1)",
    "extract": "fills the JSON schema that it is given with labelled values of the text (broken=0 answers first that "
    "are no JSON, invent=1: also values that are in no text, wait=0 ms); tags, finds alerts and holds interviews alike",
}
DEVIATIONS = frozenset(
    {
        "think-inside", "think-end", "think-parts", "spoken-call", "thought-call", "channels", "odd-calls", "misspoken",
        "odd-fields", "halves", "no-tools", "no-stream", "strict", "too-long", "cut-short", "empty-first", "near-mark",
        "own-citation", "made-up-link", "unmarked", "unfounded",
    }
)  # fmt: skip
_NAME = re.compile(r"(?:[\w.-]+/)*([a-z0-9-]+)(?::([a-z_]+=\d+(?:\.\d+)?(?:,[a-z_]+=\d+(?:\.\d+)?)*))?")
_STATUS = re.compile(r"error-([45]\d\d)(-then-ok)?")
_MAX_NUMBER = 1_000_000


class UnknownBehaviour(ValueError):
    """The name says nothing; the text lists what does."""


@dataclass(frozen=True)
class Behaviour:
    """`status` is what an `error-...` refuses with, 0 for all others."""

    kind: str
    status: int = 0
    numbers: dict[str, float] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        return min(self.numbers.get(name, default), _MAX_NUMBER)

    def count(self, name: str, default: int) -> int:
        return int(self.number(name, default))


def parse_behaviour(model: str) -> Behaviour:
    """Raises UnknownBehaviour. A prefix as in `openai/flood` is passed over."""
    found = _NAME.fullmatch(model[:200])
    kind = found[1] if found else ""
    status = _STATUS.fullmatch(kind)
    if found is None or (kind not in KINDS and status is None):
        listing = "; ".join(f"{name}: {meaning}" for name, meaning in KINDS.items())
        raise UnknownBehaviour(f"There is no such model. Models are {listing}")
    pairs = (pair.split("=") for pair in (found[2] or "").split(",") if pair)
    numbers = {name: float(value) for name, value in pairs}
    if status is None:
        return Behaviour(kind, 0, numbers)
    return Behaviour("error-then-ok" if status[2] else "error", int(status[1]), numbers)
