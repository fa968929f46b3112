"""Separates a model's thinking from its answer in one streamed text.

Thinking stands between `<think>` and `</think>` or other tags, or before a closing tag that has no opening one.
"""

import re
from dataclasses import dataclass
from typing import Literal

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think", "mm:think")
# In gpt-oss's format a header says whether thinking or the answer follows.
_HEADERS = tuple(
    f"{start}<|channel|>{channel}{space}<|message|>"
    for start in ("<|start|>assistant", "")
    for channel in ("final", "commentary")
    for space in ("", " ")
)
_OPENINGS = (
    "[THINK]", "◁think▷", "<|begin_of_thought|>", "<|START_THINKING|>", "<unused94>thought", "<|channel>thought",
    "<|channel|>analysis<|message|>", "<|start|>assistant<|channel|>analysis<|message|>",
)  # fmt: skip
_CLOSINGS = (
    *(f"</{name}>" for name in _NAMES),
    "[/THINK]", "◁/think▷", "<|end_of_thought|>", "<|END_THINKING|>", "<unused95>", "<channel|>",
    *_HEADERS,
)  # fmt: skip
# gpt-oss behind a server that drops its special tokens: `analysisThe user asks ...assistantfinalIt costs ...`.
_BARE_OPENING, _BARE_CLOSINGS = "analysis", ("assistantfinal", "<|end|>")


def _any_of(texts: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))


_NAMED_OPENING = rf"<(?:{_any_of(_NAMES)})(?:\s[^<>\n]{{0,80}})?>"
_OPEN = re.compile(rf"\s*(?:{_NAMED_OPENING}|{_any_of(_OPENINGS)}|(?-i:{_BARE_OPENING}(?=[A-Z])))", re.IGNORECASE)
_PART_OF_NAMED = re.compile(rf"<(?:{_any_of(_NAMES)})\s[^<>\n]{{0,80}}", re.IGNORECASE)
_CLOSE_LONE = re.compile(rf"(?:{_any_of(_CLOSINGS)})\s*", re.IGNORECASE)
_CLOSE = re.compile(rf"(?:{_any_of((*_CLOSINGS, *_BARE_CLOSINGS))})\s*", re.IGNORECASE)
_HEADER = re.compile(rf"\s*(?:{_any_of(_HEADERS)})", re.IGNORECASE)
_BEGINNINGS = tuple(one.lower() for one in (*(f"<{name}>" for name in _NAMES), *_OPENINGS, *_HEADERS, _BARE_OPENING))
_ENDINGS = tuple(one.lower() for one in (*_CLOSINGS, *_BARE_CLOSINGS))
_LONGEST_ENDING = max(map(len, _ENDINGS))
_TAG_CHARS = re.compile(r"[<\[◁]")
_CLOSING_CHARS = re.compile(r"[<\[◁a]", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A piece of a reply. Kind `withdrawn` has no text: it says that all of the answer so far was thinking."""

    kind: Literal["answer", "thought", "withdrawn"]
    text: str = ""


class ThoughtFilter:
    """Separates thinking from the answer. The result does not depend on how the stream is cut into pieces.

    An opening tag counts at the start of a reply, directly after other thinking, and at the start of a line. A closing
    tag without an opening one counts once, anywhere: some servers strip the opening tag only.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["start", "thinking", "answering"] = "start"
        self._has_thought = False

    def feed(self, text: str) -> list[Piece]:
        """Takes the next piece of the stream; returns the pieces whose kind is certain."""
        if self._state == "answering" and not self._held and not _may_matter(text, has_thought=self._has_thought):
            return [Piece("answer", text)]
        self._held += text
        return self._drain(last=False)

    def finish(self) -> list[Piece]:
        """Ends the stream; returns the pieces of the text that was held back."""
        return self._drain(last=True)

    def _drain(self, *, last: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while True:
            before = self._state, self._held
            if self._state == "start":
                self._begin(last=last)
            elif self._state == "thinking":
                self._think(pieces, last=last)
            else:
                self._answer(pieces, last=last)
            if (self._state, self._held) == before:
                return pieces

    def _begin(self, *, last: bool) -> None:
        opened = _OPEN.match(self._held)
        if opened:
            self._state, self._held, self._has_thought = "thinking", self._held[opened.end() :], True
            return
        if header := _HEADER.match(self._held):
            self._state, self._held = "answering", self._held[header.end() :]
            return
        text = self._held.lstrip()
        if last or (text and not _may_open(text)):
            self._state = "answering"

    def _think(self, pieces: list[Piece], *, last: bool) -> None:
        closed = _CLOSE.search(self._held)
        if closed and (last or closed.end() < len(self._held)):
            pieces.append(Piece("thought", self._held[: closed.start()]))
            self._state, self._held = "start", self._held[closed.end() :]
            return
        end = len(self._held) if last else self._certain(closed.start() if closed else None)
        if end:
            pieces.append(Piece("thought", self._held[:end]))
            self._held = self._held[end:]

    def _answer(self, pieces: list[Piece], *, last: bool) -> None:
        closed = None if self._has_thought else _CLOSE_LONE.search(self._held)
        line = self._thinking_line(closed.start() if closed else len(self._held), last=last)
        if line is not None:
            text = self._held[line:].lstrip()
            if opens := _OPEN.match(text) is not None:
                line = len(self._held) - len(text)
            if line:
                pieces.append(Piece("answer", self._held[:line]))
            self._held = self._held[line:]
            self._state = "start" if opens else "answering"
            return
        if closed and (last or closed.end() < len(self._held)):
            pieces += [Piece("answer", self._held[: closed.start()]), Piece("withdrawn")]
            self._state, self._held, self._has_thought = "start", self._held[closed.end() :], True
            return
        end = len(self._held) if last else self._certain(closed.start() if closed else None)
        if end:
            pieces.append(Piece("answer", self._held[:end]))
            self._held = self._held[end:]

    def _thinking_line(self, end: int, *, last: bool) -> int | None:
        """Returns the line break before the first line above `end` that starts with an opening tag, or may do so; None
        if there is none.
        """
        place = self._held.find("\n", 0, end)
        while place >= 0:
            text = self._held[place:].lstrip()
            if _OPEN.match(text) or (not last and (not text or _may_open(text))):
                return place
            place = self._held.find("\n", place + 1, end)
        return None

    def _certain(self, closing: int | None) -> int:
        """Returns how many of the held characters cannot be part of a closing tag."""
        if closing is not None:
            return closing
        for found in _CLOSING_CHARS.finditer(self._held, max(len(self._held) - _LONGEST_ENDING, 0)):
            tail = self._held[found.start() :].lower()
            if any(ending.startswith(tail) for ending in _ENDINGS):
                return found.start()
        return len(self._held)


def _may_open(text: str) -> bool:
    """Whether `text` is the beginning of an opening tag."""
    begun = text.lower()
    return any(one.startswith(begun) for one in _BEGINNINGS) or _PART_OF_NAMED.fullmatch(text) is not None


def _may_matter(text: str, *, has_thought: bool) -> bool:
    """Whether a text can hold a tag or a part of one. Most texts cannot, and are passed on without a search."""
    return "\n" in text or (not has_thought and _TAG_CHARS.search(text) is not None)
