"""Renders the log of a turn as bytes, with one module for each wire format."""

from collections.abc import Sequence
from typing import Protocol

from citewell.turns.entries import Entry
from citewell.turns.messages import MessageFields


class Renderer(Protocol):
    """Renders the events of one reader. It gets the entries of a turn in order, from the first one on.

    `ping` is sent while there is no new entry. `shows_history` says that the last event of a completed turn contains
    the conversation's messages.
    """

    ping: bytes
    shows_history: bool

    def render(self, first_seq: int, entries: Sequence[Entry], history: Sequence[MessageFields] | None) -> bytes:
        """Returns the events of consecutive entries, the first with number `first_seq`."""
        ...

    def absorb(self, entries: Sequence[Entry]) -> None:
        """Takes entries that the reader has already seen into account without rendering them."""
        ...
