"""The SQL of tools: their rows, and what their restrictions name."""

from collections.abc import Collection as AnyCollection
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import AgentSettings, Collection, Document, DocumentTag, KnowledgeTable, Project, ToolSetting


async def list_tools(
    session: AsyncSession, project_id: UUID, tool_type: str | None, limit: int, offset: int
) -> tuple[int, list[ToolSetting]]:
    """Returns (number of tools of the type (None: of all types), page of them, oldest first)."""
    query = select(ToolSetting).where(ToolSetting.project_id == project_id)
    if tool_type is not None:
        query = query.where(ToolSetting.tool_type == tool_type)
    return await select_page(session, query, limit, offset, ToolSetting.created_at, ToolSetting.id)


async def find_tool(session: AsyncSession, project_id: UUID, tool_id: UUID, *, lock: bool) -> ToolSetting | None:
    query = select(ToolSetting).where(ToolSetting.project_id == project_id, ToolSetting.id == tool_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def find_tools(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ToolSetting]:
    """Returns those of the tools that exist, by id."""
    query = select(ToolSetting).where(ToolSetting.project_id == project_id, ToolSetting.id.in_(ids))
    return {row.id: row for row in await session.scalars(query)}


async def remove_from_agents(session: AsyncSession, project_id: UUID, tool_id: UUID) -> None:
    """Take the tool off the list of each agent that has it."""
    await session.execute(
        update(AgentSettings)
        .where(AgentSettings.project_id == project_id, AgentSettings.tools.contains([tool_id]))
        .values(tools=func.array_remove(AgentSettings.tools, tool_id))
    )


async def project_name(session: AsyncSession, project_id: UUID) -> str:
    return (await session.scalars(select(Project.name).where(Project.id == project_id))).one()


async def list_document_ids(
    session: AsyncSession, project_id: UUID, conditions: Sequence[ColumnElement[bool]]
) -> list[UUID]:
    """Returns the ids of the documents that meet all conditions."""
    return list(await session.scalars(select(Document.id).where(Document.project_id == project_id, *conditions)))


async def document_names(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
    query = select(Document.id, Document.name).where(Document.project_id == project_id)
    return {row.id: row.name for row in await session.execute(query.where(Document.id.in_(ids)))}


async def active_documents(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Returns which of the documents exist and are not deleted."""
    query = select(Document.id).where(Document.project_id == project_id, Document.id.in_(ids))
    return set(await session.scalars(query.where(Document.status == "active")))


async def find_tags(session: AsyncSession, project_id: UUID, ids: Sequence[str]) -> dict[str, DocumentTag]:
    """Returns the rows of tags with these ids, by id."""
    query = select(DocumentTag).where(DocumentTag.project_id == project_id, cast(DocumentTag.id, Text).in_(ids))
    return {str(tag.id): tag for tag in await session.scalars(query)}


async def ids_and_values_of_tags(session: AsyncSession, project_id: UUID, lowered: Sequence[str]) -> set[str]:
    """Returns the ids, and the values in lower case, of the tags that have one of the texts as either."""
    names = (cast(DocumentTag.id, Text), func.lower(DocumentTag.value))
    query = select(*names).where(DocumentTag.project_id == project_id, or_(*(name.in_(lowered) for name in names)))
    return {name for row in await session.execute(query) for name in row}


async def collection_slugs(session: AsyncSession, project_id: UUID, slugs: AnyCollection[str]) -> set[str]:
    """Returns which of the slugs collections have."""
    query = select(Collection.slug).where(Collection.project_id == project_id, Collection.slug.in_(slugs))
    return set(await session.scalars(query))


async def list_tag_tables(session: AsyncSession, project_id: UUID) -> list[KnowledgeTable]:
    """Returns the tables of tags, oldest first."""
    query = select(KnowledgeTable).where(KnowledgeTable.project_id == project_id, KnowledgeTable.object_type == "tag")
    return list(await session.scalars(query.order_by(KnowledgeTable.created_at)))
