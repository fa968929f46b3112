"""Which signals somebody sees: admins all of the project's, others what they gave."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.db.engine import Database
from citewell.db.pages import MOST_COUNTED, Selection, read_page
from citewell.db.words import containing, words_query
from citewell.feedback.reading import FeedbackFilters
from citewell.feedback.schemas import opinion_to_wire

_COLUMNS = (
    "s.id, s.created_at, s.updated_at, s.status, s.feedback, s.is_positive, s.suggested_action_type,"
    " s.suggested_action_data, s.context, u.id AS giver_id, u.email AS giver_email"
)
_GIVER = "LEFT JOIN users u ON u.id = s.given_by"
_TEXT = "signal_text(s.feedback, s.context)"
# The titles and questions of the conversations that signals name, as far as the caller may read them.
_NAMED = """
    SELECT named.conversation_id, named.query_id, c.name, m.content
    FROM unnest(%(conversations)s::uuid[], %(queries)s::int[]) AS named (conversation_id, query_id)
    JOIN conversations c ON c.project_id = %(project)s AND c.id = named.conversation_id
        AND (%(is_admin)s OR c.is_shared OR c.created_by = %(user)s)
    LEFT JOIN LATERAL (
        SELECT content FROM messages
        WHERE project_id = c.project_id AND conversation_id = c.id AND query_id = named.query_id
            AND role = 'user' AND type = 'message'
        ORDER BY position LIMIT 1
    ) m ON true
"""


async def list_signals(
    database: Database, access: Access, filters: FeedbackFilters, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """The number of signals that pass the filters, and a page of them, newest first."""
    selection = Selection(_COLUMNS, "signals s", "s.created_at DESC, s.id DESC", joins=_GIVER)
    selection.where("s.project_id = %(project)s", project=access.project_id)
    if not access.is_admin:
        selection.where("s.given_by = %(user)s", user=access.acting.user_id)
    if filters.status is not None:
        selection.where("s.status = %(status)s", status=filters.status)
    if filters.is_positive is not None:
        selection.where("s.is_positive = %(is_positive)s", is_positive=filters.is_positive)
    if filters.search:
        words = await words_query(database, access.project_id, filters.search)
        if words is None:
            return 0, []
        condition = f"searched_words(s.project_id, {_TEXT}) @@ %(words)s::tsquery AND {_TEXT} ILIKE %(like)s"
        selection.where(condition, words=words, like=containing(filters.search))
        selection.count_at_most = MOST_COUNTED
    count, rows = await read_page(database, selection, limit, offset)
    return count, await _to_wire(database, access, rows)


async def read_signal(database: Database, access: Access, signal_id: UUID) -> dict[str, Any]:
    selection = Selection(_COLUMNS, "signals s", "s.id", joins=_GIVER)
    selection.where("s.project_id = %(project)s AND s.id = %(id)s", project=access.project_id, id=signal_id)
    parameters = selection.parameters | {"limit": 1, "offset": 0}
    rows = await database.direct.fetch(selection.rows_statement(), parameters)
    [wire] = await _to_wire(database, access, rows)
    return wire


async def _to_wire(database: Database, access: Access, rows: Sequence[Any]) -> list[dict[str, Any]]:
    named = await _named(database, access, [_conversation_of(row.context) for row in rows])
    wire = []
    for row in rows:
        title, question = named.get(_conversation_of(row.context), ("", ""))
        wire.append(opinion_to_wire(row, row.context, question, title))
    return wire


async def _named(
    database: Database, access: Access, keys: Sequence[tuple[UUID, int] | None]
) -> dict[tuple[UUID, int] | None, tuple[str, str]]:
    wanted = sorted({key for key in keys if key is not None})
    if not wanted:
        return {}
    parameters = {
        "conversations": [conversation for conversation, _ in wanted],
        "queries": [query for _, query in wanted],
        "project": access.project_id,
        "user": access.acting.user_id,
        "is_admin": access.is_admin,
    }
    rows = await database.direct.fetch(_NAMED, parameters)
    return {(row.conversation_id, row.query_id): (row.name, row.content or "") for row in rows}


def _conversation_of(context: dict[str, Any]) -> tuple[UUID, int] | None:
    """The conversation and the question that a signal names, if it does; its context is whatever a client sent."""
    query = context.get("query_id", 0)
    try:
        conversation = UUID(context["conversation_id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
    return conversation, query if isinstance(query, int) and 0 <= query < 2**31 else 0
