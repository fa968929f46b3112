"""Lists of feedback, and single rows of it with what a list shows."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import MOST_COUNTED, Selection, read_page
from citewell.db.words import containing, words_query

COLUMNS = (
    "f.id, f.created_at, f.updated_at, f.status, f.feedback, f.is_positive, f.suggested_action_type,"
    " f.suggested_action_data, f.conversation_id, f.query_id, f.source, f.given_by,"
    " u.id AS giver_id, u.email AS giver_email, c.name AS conversation_title, q.content AS user_message"
)
JOINS = """
    LEFT JOIN users u ON u.id = f.given_by
    LEFT JOIN conversations c ON c.project_id = f.project_id AND c.id = f.conversation_id
    LEFT JOIN LATERAL (
        SELECT m.content FROM messages m
        WHERE m.project_id = f.project_id AND m.conversation_id = f.conversation_id AND m.query_id = f.query_id
            AND m.role = 'user' AND m.type = 'message'
        ORDER BY m.position LIMIT 1
    ) q ON true
"""
# In what was said of the answer, and in the question.
_SEARCHED = """
    f.id IN (
        SELECT w.id FROM feedbacks w
        WHERE w.project_id = %(project)s AND searched_words(w.project_id, w.feedback) @@ %(words)s::tsquery
            AND w.feedback ILIKE %(like)s
        UNION ALL
        SELECT w.id FROM messages m
        JOIN feedbacks w ON w.project_id = m.project_id AND w.conversation_id = m.conversation_id
            AND w.query_id = m.query_id
        WHERE m.project_id = %(project)s AND m.type = 'message' AND m.role = 'user'
            AND searched_words(m.project_id, m.content) @@ %(words)s::tsquery AND m.content ILIKE %(like)s
    )
"""


@dataclass(frozen=True)
class FeedbackFilters:
    """Combined by AND. `search` looks into the feedback and into the question that it is about."""

    status: str | None = None
    is_positive: bool | None = None
    search: str = ""
    conversation_id: UUID | None = None


async def list_feedback(
    database: Database, project_id: UUID, giver: UUID | None, filters: FeedbackFilters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """The number of feedback of this giver (None: of all) that passes the filters, and a page of it, newest first."""
    selection = feedback_of(project_id, giver)
    if not await narrow(database, selection, filters):
        return 0, []
    return await read_page(database, selection, limit, offset)


async def read_feedback(database: Database, project_id: UUID, feedback_id: UUID) -> Any:
    """Returns one row with the columns of a list."""
    selection = Selection(COLUMNS, "feedbacks f", "f.id", joins=JOINS)
    selection.where("f.project_id = %(project)s AND f.id = %(id)s", project=project_id, id=feedback_id)
    parameters = selection.parameters | {"limit": 1, "offset": 0}
    [row] = await database.direct.fetch(selection.rows_statement(), parameters)
    return row


def feedback_of(project_id: UUID, giver: UUID | None) -> Selection:
    """The feedback of one giver, or with None of all, newest first."""
    selection = Selection(COLUMNS, "feedbacks f", "f.created_at DESC, f.id DESC", joins=JOINS)
    selection.where("f.project_id = %(project)s", project=project_id)
    if giver is not None:
        selection.where("f.given_by = %(user)s", user=giver)
    return selection


async def narrow(database: Database, selection: Selection, filters: FeedbackFilters) -> bool:
    """Apply the filters; False if nothing can be found."""
    if filters.status is not None:
        selection.where("f.status = %(status)s", status=filters.status)
    if filters.is_positive is not None:
        selection.where("f.is_positive = %(is_positive)s", is_positive=filters.is_positive)
    if filters.conversation_id is not None:
        selection.where("f.conversation_id = %(conversation)s", conversation=filters.conversation_id)
    if filters.search:
        words = await words_query(database, selection.parameters["project"], filters.search)
        if words is None:
            return False
        selection.where(_SEARCHED, words=words, like=containing(filters.search))
        selection.count_at_most = MOST_COUNTED
    return True
