"""The SQL of signals."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.feedback.repository.opinions import OpinionFilters, OpinionTable

_COLUMNS = (
    "s.id, s.created_at, s.updated_at, s.status, s.feedback, s.is_positive, s.suggested_action_type,"
    " s.suggested_action_data, s.context, u.id AS giver_id, u.email AS giver_email"
)
_GIVER = "LEFT JOIN users u ON u.id = s.given_by"
_TEXT = "signal_text(s.feedback, s.context)"
# The titles and questions of the conversations that signals name, as far as the reader may read them.
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


_SEARCHED = f"searched_words(s.project_id, {_TEXT}) @@ %(words)s::tsquery AND {_TEXT} ILIKE %(like)s"
_SIGNALS = OpinionTable("signals", "s", _COLUMNS, _GIVER, _SEARCHED)


async def list_signals(
    database: Database, project_id: UUID, giver: UUID | None, filters: OpinionFilters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of signals of this giver (None: of all) that pass the filters, page of them), newest
    first.
    """
    return await _SIGNALS.read_page(database, _SIGNALS.given_by(project_id, giver), filters, limit, offset)


async def read_signal(database: Database, project_id: UUID, signal_id: UUID) -> Any:
    """Returns one row with the columns of a list."""
    return await _SIGNALS.read_row(database, project_id, signal_id)


async def find_questions(
    database: Database, project_id: UUID, keys: Sequence[tuple[UUID, int]], reader: UUID, *, is_admin: bool
) -> dict[tuple[UUID, int], tuple[str, str]]:
    """(title, question) of each conversation and query that the reader may read."""
    parameters = {
        "conversations": [conversation for conversation, _ in keys],
        "queries": [query for _, query in keys],
        "project": project_id,
        "user": reader,
        "is_admin": is_admin,
    }
    rows = await database.direct.fetch(_NAMED, parameters)
    return {(row.conversation_id, row.query_id): (row.name, row.content or "") for row in rows}
