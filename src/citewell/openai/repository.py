"""The SQL of the OpenAI interface: agents as models, documents as files."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.documents.repository.counts import DONE, FAILED
from citewell.documents.repository.versions import newest_versions
from citewell.models import AgentSettings, Chunk, Document, DocumentVersion, Turn

State = Literal["in_progress", "completed", "failed", "cancelled"]
File = tuple[Document, DocumentVersion]

_MOST_CHUNKS = 20_000
_CONDITIONS: dict[State, ColumnElement[bool]] = {
    "completed": DocumentVersion.stage.in_(DONE),
    "failed": DocumentVersion.stage == FAILED,
    "in_progress": DocumentVersion.stage.not_in([*DONE, FAILED]),
    "cancelled": false(),
}


@dataclass(frozen=True)
class Slice:
    """The part of a list whose ids are above `above` and below `below` (None: without a bound), at most `limit` rows,
    from the small ids or from the large ones on."""

    above: UUID | None
    below: UUID | None
    is_upward: bool
    limit: int


async def list_agents(session: AsyncSession, projects: Collection[UUID]) -> Sequence[Any]:
    """`project_id`, `id`, `name` and `created_at` of the projects' agents, the default agent of a project first."""
    query = (
        select(AgentSettings.project_id, AgentSettings.id, AgentSettings.name, AgentSettings.created_at)
        .where(AgentSettings.project_id.in_(projects))
        .order_by(AgentSettings.project_id.desc(), AgentSettings.is_default.desc(), AgentSettings.id)
    )
    return (await session.execute(query)).all()


async def newest_turn(session: AsyncSession, project_id: UUID, conversation_id: UUID) -> UUID | None:
    """Returns the id of the last turn of a conversation."""
    newest = select(Turn.id).where(Turn.project_id == project_id, Turn.conversation_id == conversation_id)
    return await session.scalar(newest.order_by(Turn.query_id.desc()).limit(1))


async def list_files(session: AsyncSession, project_id: UUID, part: Slice, state: State | None) -> list[File]:
    """Returns the project's own documents in this state (None: in any) with their newest versions."""
    query = newest_versions(project_id, None).where(is_project_document())
    if state is not None:
        query = query.where(_CONDITIONS[state])
    if part.above is not None:
        query = query.where(Document.id > part.above)
    if part.below is not None:
        query = query.where(Document.id < part.below)
    order = Document.id.asc() if part.is_upward else Document.id.desc()
    query = query.order_by(None).order_by(order).limit(part.limit)
    return [(document, version) for document, version in await session.execute(query)]


async def find_file(session: AsyncSession, project_id: UUID, file_id: UUID | None) -> File | None:
    """Returns an own document with its newest version."""
    query = newest_versions(project_id, [file_id] if file_id else []).where(is_project_document())
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def list_chunk_texts(session: AsyncSession, document: Document) -> list[str]:
    """Returns the texts of the chunks of the document's live version."""
    mine = (Chunk.project_id == document.project_id) & (Chunk.version_id == document.live_version_id)
    query = select(Chunk.content).where(mine).order_by(Chunk.ordinal).limit(_MOST_CHUNKS)
    return list(await session.scalars(query))


def has_name(names: Sequence[str]) -> ColumnElement[bool]:
    """Returns the condition that a document has one of the names."""
    return Document.name.in_(names)


def all_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Returns the condition that all conditions hold."""
    return and_(*conditions)


def any_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Returns the condition that one of the conditions holds."""
    return or_(*conditions)
