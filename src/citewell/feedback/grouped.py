"""Feedback by conversation: the view of those who review.

A conversation is to be reviewed while any of its feedback is, and reviewed when all of it is. Conversations that are
archived are left out unless they are asked for.
"""

from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.db.engine import Database
from citewell.feedback.reading import giver_seen_by
from citewell.feedback.repository import groups
from citewell.feedback.repository.opinions import OpinionFilters
from citewell.feedback.schemas import feedback_to_wire


async def list_groups(
    database: Database, access: Access, filters: OpinionFilters, limit: int, offset: int, *, include_archived: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Groups by their latest update within the filter, newest first. Two statements more for a page of any size."""
    project_id, giver = access.project_id, giver_seen_by(access)
    page = await groups.list_groups(
        database, project_id, giver, filters, limit, offset, include_archived=include_archived
    )
    if not page.rows:
        return page.total, []
    conversations = [row.conversation_id for row in page.rows if row.conversation_id]
    counts = await groups.count_by_conversation(database, project_id, giver, conversations)
    return page.total, [_to_wire(row, page.feedback[row.conversation_id or row.id], counts) for row in page.rows]


async def count_feedback(database: Database, access: Access) -> dict[str, int]:
    """Returns the numbers of feedback, and of conversations in the unfiltered grouped list, that the caller sees."""
    return await groups.count_feedback(database, access.project_id, giver_seen_by(access))


def _to_wire(row: Any, shown: list[Any], counts: dict[UUID, tuple[int, int]]) -> dict[str, Any]:
    feedbacks = [feedback_to_wire(item) for item in shown]
    alone = row.conversation_id is None
    to_review = sum(item["status"] == "to_review" for item in feedbacks)
    to_review, reviewed = (to_review, len(feedbacks) - to_review) if alone else counts[row.conversation_id]
    return {
        "conversation_id": row.conversation_id,
        "conversation_title": row.conversation_title or "",
        "conversation_created_at": row.conversation_created_at or row.created_at,
        "agent_name": row.agent_name,
        "conversation_is_archived": row.archived_at is not None,
        "to_review_count": to_review,
        "reviewed_count": reviewed,
        "feedbacks": feedbacks,
    }
