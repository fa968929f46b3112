"""Who may read a conversation: its owner, and whether it is shared."""

from typing import Any
from uuid import UUID

from sqlalchemy import func

from citewell.db.engine import Database
from citewell.models import AgentSettings

_STANDING = (
    "SELECT created_by, is_shared, archived_at FROM conversations"
    " WHERE project_id = %(project)s AND id = %(conversation)s"
)


async def find_standing(database: Database, project_id: UUID, conversation_id: UUID) -> Any:
    """`created_by`, `is_shared` and `archived_at`, by one short statement; None if there is no such conversation."""
    rows = await database.direct.fetch(_STANDING, {"project": project_id, "conversation": conversation_id})
    return rows[0] if rows else None


def set_last_conversation(agent: AgentSettings) -> None:
    """Set the date of the agent's last conversation to the database's time at the flush."""
    agent.last_conversation_date = func.clock_timestamp()
