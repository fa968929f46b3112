"""The parameters by which search tools select documents, and the notes on what was left out."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from citewell.agent.knowledge import Hit
from citewell.agent.protocol import InvalidArguments
from citewell.agent.texts import Narrowed, Narrowing, Texts
from citewell.agent.tools import arguments as check

LOOK_AHEAD = 8  # further results that are fetched to tell the model what it does not see

PROPERTIES: dict[str, Any] = {
    "document_ids": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Search only in these documents.",
    },
    "about": {
        "type": "string",
        "description": "Only documents that bear these words in their name, title or first page, as a company's name.",
    },
    "tag": {"type": "string", "description": 'Only documents with this tag: its value, or "name: value".'},
    "since": {"type": "string", "description": "Only documents dated on this day or later, as YYYY-MM-DD."},
    "until": {"type": "string", "description": "Only documents dated on this day or before, as YYYY-MM-DD."},
}


class Chosen:
    """The documents that a call may search; None for all. `note` tells the model what was left out."""

    def __init__(self, document_ids: list[UUID] | None, note: str = "") -> None:
        self.document_ids = document_ids
        self.note = note


async def choose(texts: Texts | None, arguments: dict[str, Any]) -> Chosen:
    """Returns the documents that the arguments select. Raises InvalidArguments."""
    given = check.uuids(arguments, "document_ids")
    wanted = Narrowing(
        check.optional_text(arguments, "about"),
        check.optional_text(arguments, "tag"),
        _day(arguments, "since"),
        _day(arguments, "until"),
    )
    if texts is None or wanted.is_empty:
        return Chosen(given)
    found = await texts.narrow(wanted, given)
    return Chosen(found.documents, _note(found))


def _day(arguments: dict[str, Any], name: str) -> date | None:
    value = check.optional_text(arguments, name, 40)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidArguments(f'"{name}" must be a day such as 2023-07-01.') from None


def _note(found: Narrowed) -> str:
    undated = f", {found.undated} of the others bear no date that is known" if found.undated else ""
    return f"(looked at {len(found.documents)} of {found.total} documents{undated})"


def left_out_by_name(names: Sequence[str], noun: str, *, more: bool) -> str:
    """Returns a sentence that names the documents or objects that a search found and does not show."""
    if not names:
        return ""
    number = f"{len(names)} or more" if more else str(len(names))
    return f"(left out: {number} further {noun}, the next are {', '.join(names[:5])})"


def left_out(rest: Sequence[Hit], *, more: bool) -> str:
    """Returns a sentence that counts, by document, the results that a search found and does not show."""
    if not rest:
        return ""
    counts = Counter(hit.document_name for hit in rest)
    named = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counts.most_common(5))
    others = f" and {len(counts) - 5} other documents" if len(counts) > 5 else ""
    number = f"{len(rest)} or more" if more else str(len(rest))
    return f"(left out: {number} further results, in {named}{others})"
