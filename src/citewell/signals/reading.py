"""Which signals somebody sees: admins all of the project's, others what they gave."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.db.engine import Database
from citewell.feedback.reading import giver_seen_by
from citewell.feedback.repository.opinions import OpinionFilters
from citewell.feedback.schemas import opinion_to_wire
from citewell.signals import repository

_UNKNOWN = ("", "")  # title and question


async def list_signals(
    database: Database, access: Access, filters: OpinionFilters, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """Returns (number of signals that pass the filters, page of them, newest first)."""
    giver = giver_seen_by(access)
    count, rows = await repository.list_signals(database, access.project_id, giver, filters, limit, offset)
    return count, await _to_wire(database, access, rows)


async def read_signal(database: Database, access: Access, signal_id: UUID) -> dict[str, Any]:
    [wire] = await _to_wire(database, access, [await repository.read_signal(database, access.project_id, signal_id)])
    return wire


async def _to_wire(database: Database, access: Access, rows: Sequence[Any]) -> list[dict[str, Any]]:
    named = await _named(database, access, [_conversation_of(row.context) for row in rows])
    wire = []
    for row in rows:
        key = _conversation_of(row.context)
        title, question = named.get(key, _UNKNOWN) if key else _UNKNOWN
        wire.append(opinion_to_wire(row, row.context, question, title))
    return wire


async def _named(
    database: Database, access: Access, keys: Sequence[tuple[UUID, int] | None]
) -> dict[tuple[UUID, int], tuple[str, str]]:
    wanted = sorted({key for key in keys if key is not None})
    if not wanted:
        return {}
    reader = access.acting.user_id
    return await repository.find_questions(database, access.project_id, wanted, reader, is_admin=access.is_admin)


def _conversation_of(context: dict[str, Any]) -> tuple[UUID, int] | None:
    """Returns the conversation and the question that a signal names, if any. Its context is what a client sent."""
    query = context.get("query_id", 0)
    try:
        conversation = UUID(context["conversation_id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
    return conversation, query if isinstance(query, int) and 0 <= query < 2**31 else 0
