"""Local documents: files that only the turns of one conversation, or of those with one agent, retrieve."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.documents.local_to import LocalTo
from citewell.documents.repository import indexing_rows, page_of
from citewell.errors import Forbidden, NotFound
from citewell.models import AgentSettings, Conversation, Document, DocumentVersion


async def check_readable(
    session: AsyncSession, access: Access, scope: LocalTo, *, include_archived: bool = True
) -> None:
    """An agent's documents are for everybody who may read the project, a conversation's for its readers. Raises
    NotFound."""
    if scope.kind == "conversation":
        await conversations.readable(session, access, scope.id, include_archived=include_archived)
    elif await session.get(AgentSettings, (access.project_id, scope.id)) is None:
        raise NotFound("There are no such agent settings in this project.")


async def check_writable(session: AsyncSession, access: Access, scope: LocalTo) -> None:
    """An agent's documents are for admins, a conversation's for its owner and admins until it is archived.

    Raises NotFound, Forbidden.
    """
    if scope.kind == "agent_settings" and not access.is_admin:
        raise Forbidden("Only admins may change the documents of an agent.")
    await check_readable(session, access, scope, include_archived=False)
    if scope.kind == "conversation" and not access.is_admin:
        conversation = await session.get_one(Conversation, (access.project_id, scope.id))
        if conversation.created_by != access.acting.user_id:
            raise Forbidden("Only its owner and admins may change the documents of a conversation.")


async def list_local(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, condition: ColumnElement[bool]
) -> tuple[int, list[tuple[Document, DocumentVersion]]]:
    """Local documents that are not deleted and meet the condition, each with its newest version, newest first."""
    live = and_(Document.project_id == project_id, Document.status == "active", Document.local_to.is_not(None))
    count, rows = await page_of(session, limit, offset, live, condition)
    return count, await with_versions(session, project_id, rows)


async def with_versions(
    session: AsyncSession, project_id: UUID, rows: list[Document]
) -> list[tuple[Document, DocumentVersion]]:
    """The documents with their newest versions, in their order."""
    ids = [row.id for row in rows]
    found = {document.id: version for document, version in await indexing_rows(session, project_id, ids, local=True)}
    return [(row, found[row.id]) for row in rows]


def within(scope: LocalTo) -> ColumnElement[bool]:
    return and_(Document.local_to == scope.id, Document.local_kind == scope.kind)


def listed_for(access: Access) -> ColumnElement[bool]:
    """The condition for the local documents of all agents and of the conversations that the caller's list shows."""
    if access.is_admin:
        return true()
    own = (Conversation.project_id == access.project_id) & (Conversation.created_by == access.acting.user_id)
    in_own = Document.local_to.in_(select(Conversation.id).where(own))
    return or_(Document.local_kind == "agent_settings", and_(Document.local_kind == "conversation", in_own))


def scope_of(document: Document) -> LocalTo | None:
    """None for one of the project's own."""
    if document.local_to is None:
        return None
    return LocalTo("conversation" if document.local_kind == "conversation" else "agent_settings", document.local_to)


async def check_document_readable(session: AsyncSession, access: Access, document: Document) -> None:
    """Raises NotFound where the document is local to something that the caller may not read."""
    scope = scope_of(document)
    if scope is not None:
        await check_readable(session, access, scope)
