"""Thinking that a model writes into its answer: `<think>...</think>`, or a lone `</think>` behind it."""

import re
from dataclasses import dataclass
from typing import Literal

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection"
_OPEN = re.compile(rf"\s*<(?:{_NAMES})>", re.IGNORECASE)
_CLOSE = re.compile(rf"</(?:{_NAMES})>\s*", re.IGNORECASE)
_LONGEST_TAG = 16


@dataclass(frozen=True)
class Piece:
    """`thought` is thinking, `answer` the answer; `withdrawn` says that the answer so far was thinking, too."""

    kind: Literal["answer", "thought", "withdrawn"]
    text: str = ""


class ThoughtFilter:
    """Tells thinking from answering while the text streams; however it is cut into pieces, the result is the same.

    An opening tag counts at the beginning of a reply and behind other thoughts. A closing tag without an opening one
    counts anywhere, once: servers that strip the opening tag leave it.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["start", "thinking", "answering"] = "start"
        self._has_thought = False

    def feed(self, text: str) -> list[Piece]:
        if self._state == "answering" and not self._held and "<" not in text:
            return [Piece("answer", text)]
        self._held += text
        return self._drain(last=False)

    def finish(self) -> list[Piece]:
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
        text = self._held.lstrip()
        could_open = text.startswith("<") and len(text) < _LONGEST_TAG and ">" not in text
        if last or (text and not could_open):
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
        closed = None if self._has_thought else _CLOSE.search(self._held)
        if closed and (last or closed.end() < len(self._held)):
            pieces += [Piece("answer", self._held[: closed.start()]), Piece("withdrawn")]
            self._state, self._held, self._has_thought = "start", self._held[closed.end() :], True
            return
        end = len(self._held) if last else self._certain(closed.start() if closed else None)
        if end:
            pieces.append(Piece("answer", self._held[:end]))
            self._held = self._held[end:]

    def _certain(self, closing: int | None) -> int:
        """How much of what is held cannot be part of a closing tag."""
        if closing is not None:
            return closing
        start = self._held.rfind("<", max(len(self._held) - _LONGEST_TAG, 0))
        return start if start >= 0 else len(self._held)
