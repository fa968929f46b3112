"""Local documents: files that only one conversation, those with one agent, or one interview retrieve."""

from typing import get_args
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.documents.local_to import Kind, LocalTo
from citewell.documents.repository.documents import page_of
from citewell.documents.repository.versions import indexing_rows
from citewell.errors import Conflict, Forbidden, NotFound
from citewell.interviews.dialogue import find_interview
from citewell.local_documents import repository
from citewell.models import AgentSettings, Conversation, Document, DocumentVersion


async def check_readable(
    session: AsyncSession, access: Access, scope: LocalTo, *, include_archived: bool = True
) -> None:
    """An agent's documents are for everybody who may read the project, those of a conversation or an interview for its
    readers. Raises NotFound."""
    if scope.kind == "conversation":
        await conversations.readable(session, access, scope.id, include_archived=include_archived)
    elif scope.kind == "interview":
        await find_interview(session, access, scope.id, lock=False)
    elif await session.get(AgentSettings, (access.project_id, scope.id)) is None:
        raise NotFound("There are no such agent settings in this project.")


async def check_writable(session: AsyncSession, access: Access, scope: LocalTo) -> None:
    """An agent's documents are for admins, a conversation's for its owner and admins until it is archived, an
    interview's for its readers until it is completed.

    Raises NotFound, Forbidden, Conflict.
    """
    if scope.kind == "agent_settings" and not access.is_admin:
        raise Forbidden("Only admins may change the documents of an agent.")
    await check_readable(session, access, scope, include_archived=False)
    if scope.kind == "conversation" and not access.is_admin:
        conversation = await session.get_one(Conversation, (access.project_id, scope.id))
        if conversation.created_by != access.acting.user_id:
            raise Forbidden("Only its owner and admins may change the documents of a conversation.")
    if (
        scope.kind == "interview"
        and (await find_interview(session, access, scope.id, lock=False)).status == "completed"
    ):
        raise Conflict("This interview is completed: its documents stay as they are.")


async def list_local(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[tuple[Document, DocumentVersion]]]:
    """Local documents that are not deleted and meet the conditions, each with its newest version, newest first."""
    count, rows = await page_of(session, limit, offset, repository.is_local_in(project_id), *conditions)
    return count, await with_versions(session, project_id, rows)


async def with_versions(
    session: AsyncSession, project_id: UUID, rows: list[Document]
) -> list[tuple[Document, DocumentVersion]]:
    """Returns the documents with their newest versions, in their order."""
    ids = [row.id for row in rows]
    found = {document.id: version for document, version in await indexing_rows(session, project_id, ids, local=True)}
    return [(row, found[row.id]) for row in rows]


def listed_for(access: Access) -> list[ColumnElement[bool]]:
    """Returns the conditions for the local documents that the caller's lists show: those of all agents, and of the
    caller's conversations and interviews. None for admins, who see all.
    """
    if access.is_admin:
        return []
    return [repository.is_listed_for(access.project_id, access.acting.user_id, access.acting.email)]


def scope_of(document: Document) -> LocalTo | None:
    """Returns where the document is local; None for one of the project's own."""
    if document.local_to is None:
        return None
    kind = next(one for one in get_args(Kind) if one == document.local_kind)
    return LocalTo(kind, document.local_to)


async def check_document_readable(session: AsyncSession, access: Access, document: Document) -> None:
    """Raises NotFound if the document is local to something that the caller may not read."""
    scope = scope_of(document)
    if scope is not None:
        await check_readable(session, access, scope)
