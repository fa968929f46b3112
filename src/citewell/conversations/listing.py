"""Which conversations a list shows: admins see all, others their own."""

from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.conversations.repository import listing
from citewell.conversations.repository.listing import Filters
from citewell.db.engine import Database

MAX_TEXT = 200


async def list_conversations(
    database: Database, access: Access, filters: Filters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of conversations that pass the filters, page of them, newest first), with the names of
    their agents.
    """
    owner = _owner_seen_by(access)
    return await listing.list_conversations(database, access.project_id, owner, filters, limit, offset)


async def all_tags(database: Database, access: Access) -> list[str]:
    """Returns the distinct tags of the conversations that a list shows, sorted."""
    return await listing.all_tags(database, access.project_id, _owner_seen_by(access))


def _owner_seen_by(access: Access) -> UUID | None:
    """Returns the user whose conversations the caller sees; None for those of everybody."""
    return None if access.is_admin else access.acting.user_id
