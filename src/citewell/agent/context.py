"""Keeping a dialogue within what a model can read."""

from collections.abc import Sequence

import msgspec

from citewell.agent.protocol import Message

_TRIMMED = "[An earlier tool result was left out to make room.]"
_PER_MESSAGE = 8  # tokens for the role and separators


def estimate_tokens(text: str) -> int:
    """Tokens of a text without its model's tokenizer: four bytes of UTF-8 each, which errs on the large side."""
    return (len(text.encode()) + 3) // 4


def fit(dialogue: Sequence[Message], max_tokens: int) -> list[Message]:
    """The dialogue within `max_tokens` (estimated).

    The rule: the oldest exchanges of the history go first, then the oldest tool results are replaced by a note, then
    the newest tool results are cut. The system message, the question and the order always stay.
    """
    kept = list(dialogue)
    question = max(index for index, message in enumerate(kept) if message.role == "user")
    while _total(kept) > max_tokens and question > 1:
        del kept[1]
        question -= 1
    for index in range(question + 1, len(kept) - 1):
        if _total(kept) <= max_tokens:
            return kept
        if kept[index].role == "tool":
            kept[index] = msgspec.structs.replace(kept[index], content=_TRIMMED)
    excess = _total(kept) - max_tokens
    if excess > 0 and kept[-1].role == "tool":
        content = kept[-1].content
        kept[-1] = msgspec.structs.replace(kept[-1], content=content[: max(len(content) - 4 * excess, 200)])
    return kept


def _total(dialogue: Sequence[Message]) -> int:
    return sum(estimate_tokens(message.content) + _PER_MESSAGE for message in dialogue)
