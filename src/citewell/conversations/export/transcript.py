"""A conversation as questions and answers, from its messages: what every file format is made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citewell.turns.messages import MessageFields

_REFERENCE = re.compile(r"/reference/[0-9a-fA-F-]{36}")
_UNSUPPORTED = " [not in sources]"


@dataclass(frozen=True)
class Note:
    """A citation's source. `quote` is empty if no words were quoted."""

    number: int
    document: str
    place: str
    quote: str
    verified: bool
    deleted: bool = False  # the document, since the answer

    @property
    def text(self) -> str:
        where = ", ".join(part for part in (self.document, self.place) if part)
        quoted = f": “{self.quote}”" if self.quote else ""
        doubt = " (the document has been deleted since)" if self.deleted else " (not verified)"
        return f"{where}{quoted}{'' if self.verified else doubt}"


@dataclass
class Exchange:
    """A question and its answer in Markdown, with the notes that its citations name, by number."""

    question: str
    answer: str = ""
    notes: dict[int, Note] = field(default_factory=dict)
    stopped: bool = False


@dataclass(frozen=True)
class Transcript:
    title: str
    exchanges: Sequence[Exchange]


def make_transcript(title: str, messages: Sequence[MessageFields]) -> Transcript:
    """Questions in their order, each with the answer that was stored for it."""
    exchanges: dict[int, Exchange] = {}
    for message in messages:
        if message.role == "user":
            exchanges[message.query_id] = Exchange(message.content)
        elif message.type == "message" and (exchange := exchanges.get(message.query_id)) is not None:
            citations = message.extra.get("citations") or []
            exchange.answer = _with_unsupported(message.content, citations)
            exchange.notes = {note.number: note for one in citations if (note := _note(one)).number}
            exchange.stopped = message.extra.get("state") == "stopped"
    return Transcript(title, list(exchanges.values()))


def is_reference(address: str) -> bool:
    """Whether a link of an answer is a citation."""
    return _REFERENCE.search(address) is not None


def _note(citation: dict[str, Any]) -> Note:
    return Note(
        number=citation.get("number") or 0,
        document=citation.get("document_name") or "",
        place=citation.get("place") or "",
        quote=" ".join((citation.get("verbatim") or "").split()),
        verified=bool(citation.get("verified")),
        deleted=citation.get("reason") == "document_deleted",
    )


def _with_unsupported(content: str, citations: Sequence[dict[str, Any]]) -> str:
    """Returns the answer with a remark after each claim that no source backs."""
    ends = [one["end"] for one in citations if not one.get("number") and one.get("claim") and one.get("end")]
    for end in sorted(ends, reverse=True):
        stop = len(content[:end].rstrip(" |\n"))
        content = content[:stop] + _UNSUPPORTED + content[stop:]
    return content
