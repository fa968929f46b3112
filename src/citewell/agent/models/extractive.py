"""The built-in model: it answers with what the documents state, quoted. No key, no network.

It speaks the same protocol as a model server: asked a question it asks the tools that search to read for it
(`citewell.agent.reading`); given the results it answers with the cells and sentences that they found, each with its
citation, or says that there are none. From tools that only search it quotes the passages that cover the question.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from citewell.agent.models.quoting import Quote, choose, content_terms
from citewell.agent.protocol import (
    Finished,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolCallReady,
    ToolSpec,
)
from citewell.agent.reading.question import shortened
from citewell.agent.reading.reader import Reading
from citewell.agent.reading.vocabulary import phrases
from citewell.search.language import detect_language

_FOLLOW_UP = re.compile(r"^(and|what about|how about|und|et|y|e|or|but|also|ok|then|und was ist)\b", re.IGNORECASE)
_MIN_OWN_TERMS = 3
_WORDS_AT_ONCE = 6
_WORDS = re.compile(r"\[[^\]\n]*\]\([^)\s]*\)\S*\s*|\S+\s*")  # a link is one
_MAX_SEARCHES = 4  # where an agent has several tools to search with
_MAX_BEFORE = 3  # earlier questions that a question may go on from
_read = msgspec.json.Decoder(Reading).decode


class ExtractiveModel:
    """The built-in model: it searches once, and answers by quoting what the reader found."""

    name = "extractive"
    takes_tools = True

    async def aclose(self) -> None:
        """Does nothing: there is no connection to close."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yield the search as a tool call; with its results in the dialogue, the answer."""
        place = max(index for index, message in enumerate(request.messages) if message.role == "user")
        asked = [shortened(message.content) for message in request.messages[: place + 1] if message.role == "user"]
        results = [message.content for message in request.messages[place + 1 :] if message.role == "tool"]
        searches = [tool for tool in request.tools if tool.searches][:_MAX_SEARCHES]
        if not results and searches and request.tool_choice != "none":
            question = standalone_question(asked)
            calls = [
                ToolCall(f"call_{n}", tool.name, _arguments(tool, asked, question))
                for n, tool in enumerate(searches, 1)
            ]
            yield [*map(ToolCallReady, calls), Finished("tool_calls")]
            return
        text = answer_text(standalone_question(asked), results) if results else _say(asked[-1], "no_tool")
        for piece in _pieces(text):
            yield [TextDelta(piece)]
            await asyncio.sleep(0)  # readers see the pieces one by one
        yield [Finished("stop")]


def _arguments(tool: ToolSpec, asked: Sequence[str], question: str) -> dict[str, Any]:
    if not tool.reads:
        return {"query": question}
    before = list(asked[-1 - _MAX_BEFORE : -1])
    return {"query": asked[-1], "read": True} | ({"before": before} if before else {})


def standalone_question(asked: Sequence[str]) -> str:
    """The last question; where it cannot stand alone ("And in 2022?") with the one before it."""
    if len(asked) > 1:
        short = len(content_terms(asked[-1])) < _MIN_OWN_TERMS
        if short or _FOLLOW_UP.match(asked[-1].strip()):
            return f"{asked[-2]} {asked[-1]}"
    return asked[-1]


def answer_text(question: str, results: Sequence[str]) -> str:
    """The answer with citation markers: the best reading, else quotes from the texts that the search tools gave."""
    readings = [reading for text in results if (reading := _reading(text))]
    best = max(readings, key=lambda reading: (reading.found, reading.score), default=None)
    if best is not None and (best.found or len(readings) == len(results)):
        return best.text
    quotes = choose(question, [text for text in results if _reading(text) is None])
    if not quotes:
        return best.text if best is not None else _say(question, "nothing")
    return "\n\n".join([_say(question, "quotes"), "\n".join(_line(quote) for quote in quotes)])


def _reading(text: str) -> Reading | None:
    try:
        return _read(text)
    except msgspec.DecodeError:
        return None


def _say(question: str, what: str) -> str:
    return phrases(detect_language(question))[what]


def _line(quote: Quote) -> str:
    shown = " ".join(quote.text.split())
    return f"- “{shown}” [[{quote.label}|{quote.text}]] ({quote.where})"


def _pieces(text: str) -> list[str]:
    words = _WORDS.findall(text)
    return ["".join(words[start : start + _WORDS_AT_ONCE]) for start in range(0, len(words), _WORDS_AT_ONCE)]
