"""Lists of feedback, and single rows of it with what a list shows."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.feedback.repository.opinions import OpinionFilters, OpinionTable

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


FEEDBACK = OpinionTable("feedbacks", "f", COLUMNS, JOINS, _SEARCHED)


@dataclass(frozen=True)
class FeedbackFilters(OpinionFilters):
    conversation_id: UUID | None = None


async def list_feedback(
    database: Database, project_id: UUID, giver: UUID | None, filters: FeedbackFilters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns the number of feedback of this giver (None: of all) that passes the filters, and a page of it, newest
    first.
    """
    selection = FEEDBACK.given_by(project_id, giver)
    if filters.conversation_id is not None:
        selection.where("f.conversation_id = %(conversation)s", conversation=filters.conversation_id)
    return await FEEDBACK.read_page(database, selection, filters, limit, offset)


async def read_feedback(database: Database, project_id: UUID, feedback_id: UUID) -> Any:
    """Returns one row with the columns of a list."""
    return await FEEDBACK.read_row(database, project_id, feedback_id)
