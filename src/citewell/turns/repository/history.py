"""The messages of a conversation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from citewell.db.engine import Database
from citewell.models import Message
from citewell.turns.messages import MessageFields
from citewell.turns.turn import TurnKey

# More messages than fit into any model's context. The agent loop shortens them further.
_HISTORY_MESSAGES = 200

_HISTORY = (
    "SELECT role, type, content, query_id, created_at, extra FROM messages"
    " WHERE project_id = %(project)s AND conversation_id = %(conversation)s"
    " AND (CAST(%(last)s AS int) IS NULL OR query_id <= %(last)s) ORDER BY position"
)

_PRESENT = (
    "SELECT id FROM documents WHERE project_id = %(project)s AND id = ANY(CAST(%(documents)s AS uuid[]))"
    " AND status = 'active'"
)


async def recent_messages(database: Database, key: TurnKey) -> list[tuple[str, str]]:
    """Returns the (role, content) of the messages before this turn, oldest first, without tool calls and reasoning."""
    query = (
        select(Message.role, Message.content)
        .where(
            Message.project_id == key.project_id,
            Message.conversation_id == key.conversation_id,
            Message.type == "message",
            Message.query_id < key.query_id,
        )
        .order_by(Message.position.desc())
        .limit(_HISTORY_MESSAGES)
    )
    async with database.read() as session:
        return [(role, content) for role, content in await session.execute(query)][::-1]


async def history(
    database: Database, project_id: UUID, conversation_id: UUID, *, up_to_query: int | None = None
) -> Sequence[MessageFields]:
    """Returns the messages, oldest first; with `up_to_query` only those of that turn and of the turns before it.

    Citations of documents that have been deleted are unverified, with the reason `document_deleted`.
    """
    parameters = {"project": project_id, "conversation": conversation_id, "last": up_to_query}
    messages = await database.direct.fetch(_HISTORY, parameters, prepare=True)
    found = (one for message in messages for one in message.extra.get("citations") or () if isinstance(one, dict))
    await mark_deleted(database, project_id, list(found))
    return messages


async def mark_deleted(database: Database, project_id: UUID, citations: Sequence[dict[str, Any]]) -> None:
    """Makes citations of documents that have been deleted unverified, with the reason `document_deleted`."""
    cited = [one for one in citations if one.get("document_id")]
    if not cited:
        return
    wanted = {"project": project_id, "documents": list(dict.fromkeys(one["document_id"] for one in cited))}
    left = {str(row.id) for row in await database.direct.fetch(_PRESENT, wanted, prepare=True)}
    for citation in cited:
        if citation["document_id"] not in left:
            citation.update(status="unverified", verified=False, reason="document_deleted")
