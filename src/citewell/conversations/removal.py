"""Deleting conversations for good."""

from uuid import UUID

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.conversations import service
from citewell.conversations.turns import stop_running
from citewell.documents.removal import remove_local_documents
from citewell.turns.runner import TurnRunner


async def delete_for_good(turns: TurnRunner, access: Access, conversation_id: UUID) -> None:
    """Delete an archived conversation with its messages, turns, feedback and local documents; a running turn is
    stopped first. Raises NotFound, Forbidden for all but admins, BadRequest for one that is not archived."""
    database = turns.resources.database
    async with database.read() as session:
        await service.deletable(session, access, conversation_id)
    await stop_running(turns, access, conversation_id)
    async with database.write() as session:
        await remove_local_documents(turns.resources, session, access.project_id, conversation_id)
        found = await service.deletable(session, access, conversation_id)
        session.add(entry_of(access, "conversation_deleted", "conversation", conversation_id))
        await session.delete(found)
