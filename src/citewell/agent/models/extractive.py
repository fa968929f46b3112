"""The built-in model: it answers by quoting the passages that a search finds. No key, no network.

It speaks the same protocol as a model server: asked a question it asks for the tools that search; given the results it
answers with the sentences and table rows that cover the question best, each with its citation, or says that there are
none.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

from citewell.agent.models.quoting import Quote, choose, content_terms
from citewell.agent.protocol import (
    Finished,
    Message,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolCallReady,
)

_INTRO = "The documents say (quoted, no language model is configured):"
_NOTHING = (
    "The documents do not seem to answer this question. (No language model is configured: I look for sentences that "
    "share the question's words and found none that cover it.)"
)
_NO_TOOL = "I answer by quoting documents, and this agent has no tool to search them."
_FOLLOW_UP = re.compile(r"^(and|what about|how about|und|et|y|e|or|but|also|ok|then|und was ist)\b", re.IGNORECASE)
_MIN_OWN_TERMS = 3
_WORDS_AT_ONCE = 6
_MAX_SEARCHES = 4  # where an agent has several tools to search with


class ExtractiveModel:
    name = "extractive"

    async def aclose(self) -> None:
        """Nothing to close."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        place = max(index for index, message in enumerate(request.messages) if message.role == "user")
        question = standalone_question(request.messages[: place + 1])
        results = [message.content for message in request.messages[place + 1 :] if message.role == "tool"]
        searches = [tool.name for tool in request.tools if tool.searches][:_MAX_SEARCHES]
        if not results and searches and request.tool_choice == "auto":
            calls = [ToolCall(f"call_{n}", name, {"query": question}) for n, name in enumerate(searches, 1)]
            yield [*map(ToolCallReady, calls), Finished("tool_calls")]
            return
        text = answer_text(question, results) if results else _NO_TOOL
        for piece in _pieces(text):
            yield [TextDelta(piece)]
            await asyncio.sleep(0)  # readers see the pieces one by one
        yield [Finished("stop")]


def standalone_question(messages: Sequence[Message]) -> str:
    """The last question; where it cannot stand alone ("And in 2022?") with the one before it."""
    asked = [message.content for message in messages if message.role == "user"]
    if len(asked) > 1:
        short = len(content_terms(asked[-1])) < _MIN_OWN_TERMS
        if short or _FOLLOW_UP.match(asked[-1].strip()):
            return f"{asked[-2]} {asked[-1]}"
    return asked[-1]


def answer_text(question: str, results: Sequence[str]) -> str:
    """The answer with citation markers, from the texts that the search tool gave."""
    quotes = choose(question, results)
    if not quotes:
        return _NOTHING
    return "\n\n".join([_INTRO, "\n".join(_line(quote) for quote in quotes)])


def _line(quote: Quote) -> str:
    shown = " ".join(quote.text.split())
    return f"- “{shown}” [[{quote.label}|{quote.text}]] ({quote.where})"


def _pieces(text: str) -> list[str]:
    words = re.findall(r"\S+\s*", text)
    return ["".join(words[start : start + _WORDS_AT_ONCE]) for start in range(0, len(words), _WORDS_AT_ONCE)]
