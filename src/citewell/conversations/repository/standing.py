"""Who may read a conversation: its owner, whether it is shared, and the rights of those who follow one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func

from citewell.db.engine import Database
from citewell.models import AgentSettings

_STANDING = (
    "SELECT created_by, is_shared, archived_at FROM conversations"
    " WHERE project_id = %(project)s AND id = %(conversation)s"
)
_LOOK = """
    SELECT w.n, a.is_superuser AS acting_is_superuser, ag.permissions AS acting_permissions,
        c.is_superuser AS caller_is_superuser, cg.permissions AS caller_permissions,
        k.id, k.created_by, k.is_shared, k.archived_at
    FROM unnest(%(n)s::int[], %(credential)s::uuid[], %(caller)s::uuid[], %(acting)s::uuid[], %(project)s::uuid[],
        %(conversation)s::uuid[]) AS w(n, credential, caller, acting, project, conversation)
    JOIN users c ON c.id = w.caller AND c.deactivated_at IS NULL
    JOIN users a ON a.id = w.acting AND a.deactivated_at IS NULL
    JOIN projects p ON p.id = w.project AND p.deleted_at IS NULL
    LEFT JOIN project_permissions cg ON cg.project_id = w.project AND cg.user_id = w.caller
    LEFT JOIN project_permissions ag ON ag.project_id = w.project AND ag.user_id = w.acting
    LEFT JOIN conversations k ON k.project_id = w.project AND k.id = w.conversation
    WHERE EXISTS (SELECT FROM tokens t WHERE t.id = w.credential AND t.revoked_at IS NULL
            AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()))
        OR EXISTS (SELECT FROM user_sessions s WHERE s.id = w.credential AND s.revoked_at IS NULL
            AND s.expires_at > clock_timestamp())
"""


async def find_standing(database: Database, project_id: UUID, conversation_id: UUID) -> Any:
    """`created_by`, `is_shared` and `archived_at`, by one short statement; None if there is no such conversation."""
    rows = await database.direct.fetch(_STANDING, {"project": project_id, "conversation": conversation_id})
    return rows[0] if rows else None


async def list_readers(database: Database, parameters: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    """Returns the rights of callers and of those as whom they act, and the conversation that each reads.

    `parameters` has lists of the same length: `n` numbers the readers, `credential` is the token or the session of
    each, `caller`, `acting`, `project` and `conversation` (None for none) are ids. A reader whose credential, user or
    project is gone has no row.
    """
    return await database.direct.fetch(_LOOK, parameters)


def set_last_conversation(agent: AgentSettings) -> None:
    """Set the date of the agent's last conversation to the database's time at the flush."""
    agent.last_conversation_date = func.clock_timestamp()
