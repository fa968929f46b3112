"""Which feedback a user sees: admins all of the project's, others their own."""

from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.db.engine import Database
from citewell.feedback.repository import reading
from citewell.feedback.repository.reading import FeedbackFilters


def giver_seen_by(access: Access) -> UUID | None:
    """Returns the user whose feedback and signals the caller sees; None for those of everybody."""
    return None if access.is_admin else access.acting.user_id


async def list_feedback(
    database: Database, access: Access, filters: FeedbackFilters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns the number of feedback that passes the filters, and a page of it, newest first."""
    giver = giver_seen_by(access)
    return await reading.list_feedback(database, access.project_id, giver, filters, limit, offset)
