"""Keeping a dialogue within what a model can read."""

from collections.abc import Sequence

import msgspec

from citewell.agent.protocol import Message

_LEFT_OUT = "[An earlier tool result was left out to make room.]"
_CUT = "\n[The rest was cut to make room.]"
_PER_MESSAGE = 8  # tokens for the role and separators
_MIN_RESULT_TOKENS = 50  # tokens of a tool result that always stay


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text for a model whose tokenizer is not known: one for every 4 bytes of UTF-8."""
    return (len(text.encode()) + 3) // 4


def message_tokens(message: Message) -> int:
    """Returns an estimate of a message's tokens, including its tool calls, its role and separators."""
    calls = sum(len(msgspec.json.encode(call.arguments)) // 4 + _PER_MESSAGE for call in message.tool_calls)
    return estimate_tokens(message.content) + calls + _PER_MESSAGE


def fit(dialogue: Sequence[Message], max_tokens: int) -> list[Message]:
    """Returns the dialogue, shortened to about `max_tokens` (estimated). Its first message is the system message.

    Three steps follow each other until the rest fits. Whole exchanges of the history are dropped, oldest first. Tool
    results of earlier rounds are replaced by a note, oldest first. Tool results of the newest round are cut to equal
    shares, of at least _MIN_RESULT_TOKENS each. The system message, the question and the order always stay, so the
    result may still be too long.
    """
    costs = [message_tokens(message) for message in dialogue]
    excess = sum(costs) - max_tokens
    if excess <= 0:
        return list(dialogue)
    question = max(index for index, message in enumerate(dialogue) if message.role == "user")
    first = 1
    while excess > 0 and first < question:
        excess -= costs[first]
        first += 1
        while first < question and dialogue[first].role != "user":
            excess -= costs[first]
            first += 1
    kept = [dialogue[0], *dialogue[first:]]
    newest = len(kept) - _trailing_results(kept)
    for index, message in enumerate(kept[:newest]):
        if excess > 0 and message.role == "tool":
            kept[index] = msgspec.structs.replace(message, content=_LEFT_OUT)
            excess -= message_tokens(message) - message_tokens(kept[index])
    if excess > 0:
        kept[newest:] = _shares(kept[newest:], excess)
    return kept


def _trailing_results(dialogue: Sequence[Message]) -> int:
    count = 0
    while dialogue[-1 - count].role == "tool":
        count += 1
    return count


def _shares(results: Sequence[Message], excess: int) -> list[Message]:
    """Cuts the results by `excess` tokens in all, to equal shares."""
    if not results:
        return []
    room = sum(estimate_tokens(result.content) for result in results) - excess
    share = max(room // len(results) - estimate_tokens(_CUT), _MIN_RESULT_TOKENS)
    return [_cut(result, share) for result in results]


def _cut(result: Message, tokens: int) -> Message:
    return msgspec.structs.replace(result, content=cut_text(result.content, tokens))


def cut_text(text: str, tokens: int) -> str:
    """Returns the first `tokens` tokens (estimated) of a text. A note at the end says if the rest was cut."""
    if estimate_tokens(text) <= tokens:
        return text
    return text.encode()[: 4 * tokens].decode(errors="ignore") + _CUT
