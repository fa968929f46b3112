"""The rules of conversations: who may see one, who may speak in it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.conversations.repository.standing import set_last_conversation
from citewell.conversations.schemas import ConversationCreate
from citewell.errors import BadRequest, Forbidden, InvalidFields, NotFound
from citewell.kit.time import now
from citewell.models import AgentSettings, Conversation
from citewell.notifications.service import Note, notify_members

_NO_SUCH = "There is no such conversation in this project."


async def create_conversation(
    session: AsyncSession, access: Access, request: ConversationCreate
) -> tuple[Conversation, str]:
    """Create a conversation; returns it and its agent's name."""
    agent = await session.get(AgentSettings, (access.project_id, request.agent_settings))
    if agent is None:
        raise InvalidFields({"agent_settings": ["There are no such agent settings in this project."]})
    conversation = Conversation(
        project_id=access.project_id,
        name=request.name or f"Conversation of {now():%Y-%m-%d %H:%M}",
        type=request.type,
        created_by=access.acting.user_id,
        agent_settings_id=agent.id,
        conversation_instructions=request.conversation_instructions,
        tags=request.tags,
    )
    session.add(conversation)
    set_last_conversation(agent)
    await session.flush()
    return conversation, agent.name


async def readable(
    session: AsyncSession, access: Access, conversation_id: UUID, *, include_archived: bool = False
) -> Conversation:
    """Returns a conversation that the caller may read: their own, a shared one, or any for an admin.

    Raises NotFound.
    """
    found = await session.get(Conversation, (access.project_id, conversation_id))
    conversation: Conversation = check_readable(access, found, include_archived=include_archived)
    return conversation


async def writable(
    session: AsyncSession, access: Access, conversation_id: UUID, *, include_archived: bool = False
) -> Conversation:
    """Returns a conversation that the caller may write in: for the owner and admins, also while it is shared.

    Raises NotFound, Forbidden.
    """
    found = await session.get(Conversation, (access.project_id, conversation_id))
    conversation: Conversation = check_writable(access, found, include_archived=include_archived)
    return conversation


def check_readable(access: Access, found: Any, *, include_archived: bool = False) -> Any:
    """Returns what it was given if the caller may read the conversation. Raises NotFound."""
    if found is None or not (access.is_admin or found.is_shared or found.created_by == access.acting.user_id):
        raise NotFound(_NO_SUCH)
    if found.archived_at is not None and not include_archived:
        raise NotFound(f"{_NO_SUCH[:-1]}: it is archived (add include_archived=true to read it).")
    return found


def check_writable(access: Access, found: Any, *, include_archived: bool = False) -> Any:
    """Returns what it was given if the caller may write in the conversation. Raises NotFound, Forbidden."""
    conversation = check_readable(access, found, include_archived=include_archived)
    if conversation.created_by != access.acting.user_id and not access.is_admin:
        raise Forbidden("Only its owner and admins may send messages to a shared conversation.")
    return conversation


async def agent_name(session: AsyncSession, conversation: Conversation) -> str | None:
    if conversation.agent_settings_id is None:
        return None
    agent = await session.get(AgentSettings, (conversation.project_id, conversation.agent_settings_id))
    return agent.name if agent is not None else None


async def archive(session: AsyncSession, access: Access, conversation_id: UUID) -> None:
    found = await _owned(session, access, conversation_id, "delete")
    found.archived_at = now()
    session.add(entry_of(access, "conversation_archived", "conversation", conversation_id))


async def rename(
    session: AsyncSession, access: Access, conversation_id: UUID, name: str | None, tags: list[str] | None
) -> None:
    """Change the name or the tags; None leaves the value as it is."""
    found = await _owned(session, access, conversation_id, "rename", include_archived=True)
    if name is not None:
        found.name = name
    if tags is not None:
        found.tags = list(dict.fromkeys(tags))


async def unarchive(session: AsyncSession, access: Access, conversation_id: UUID) -> None:
    found = await _owned(session, access, conversation_id, "unarchive", include_archived=True)
    if found.archived_at is None:
        raise BadRequest("The conversation is not archived: there is nothing to restore.")
    found.archived_at = None


async def deletable(session: AsyncSession, access: Access, conversation_id: UUID) -> Conversation:
    """Returns an archived conversation that the caller, an admin, may delete.

    Raises NotFound, Forbidden, BadRequest.
    """
    found = await readable(session, access, conversation_id, include_archived=True)
    if not access.is_admin:
        raise Forbidden("Only admins may delete a conversation for good. Its owner may archive it.")
    if found.archived_at is None:
        raise BadRequest("Only archived conversations can be deleted for good: archive it first.")
    return found


async def share(session: AsyncSession, access: Access, conversation_id: UUID, *, shared: bool) -> None:
    """Share the conversation with every member of the project, or stop sharing it. The members are notified."""
    found = await _owned(session, access, conversation_id, "share" if shared else "unshare")
    if found.is_shared == shared:
        raise BadRequest(f"The conversation is {'already' if shared else 'not'} shared.")
    found.is_shared = shared
    session.add(
        entry_of(access, "conversation_shared" if shared else "conversation_unshared", "conversation", found.id)
    )
    if shared:
        note = Note(
            "conversation_shared",
            "A conversation was shared with you",
            f"{access.acting.email} shared \u201c{found.name}\u201d with the members of this project.",
            "conversation_shared",
            {"by": access.acting.email, "name": found.name},
            "conversation",
            str(found.id),
        )
        await notify_members(session, access.project_id, note, but_not=access.acting.user_id)


async def _owned(
    session: AsyncSession, access: Access, conversation_id: UUID, verb: str, *, include_archived: bool = False
) -> Conversation:
    """Returns a conversation that the caller may dispose of: the owner and admins.

    Locked until the end of the transaction.
    """
    key = (access.project_id, conversation_id)
    found = await session.get(Conversation, key, with_for_update={"of": Conversation})
    conversation: Conversation = check_readable(access, found, include_archived=include_archived)
    if conversation.created_by != access.acting.user_id and not access.is_admin:
        raise Forbidden(f"Only its owner and admins may {verb} a conversation.")
    return conversation
