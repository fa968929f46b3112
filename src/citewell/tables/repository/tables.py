"""Tables and their versions."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, not_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import Document, KnowledgeTable, TableVersion


async def list_tables(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[KnowledgeTable]]:
    """Returns the number of tables in the project and a page of them, oldest first.

    The tables of alerts that come with extractors are listed when they have a version. Clients that copy a project give
    them their former names, so empty ones would stand beside the copies.
    """
    of_extractor = KnowledgeTable.name.regexp_match(r"^alerts_(tags_)?extractor_[0-9a-f-]{36}$")
    has_version = exists().where(
        TableVersion.project_id == KnowledgeTable.project_id, TableVersion.table_id == KnowledgeTable.id
    )
    query = select(KnowledgeTable).where(KnowledgeTable.project_id == project_id, not_(of_extractor) | has_version)
    return await select_page(session, query, limit, offset, KnowledgeTable.created_at, KnowledgeTable.id)


async def document_names(session: AsyncSession, project_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Returns the names of documents by id; those that are gone are left out."""
    query = select(Document.id, Document.name).where(Document.project_id == project_id, Document.id.in_(ids))
    return {row.id: row.name for row in await session.execute(query)}


async def table_named(session: AsyncSession, project_id: UUID, name: str) -> KnowledgeTable | None:
    query = select(KnowledgeTable).where(KnowledgeTable.project_id == project_id, KnowledgeTable.name == name)
    return (await session.scalars(query)).one_or_none()


async def list_versions(
    session: AsyncSession, project_id: UUID, table_id: UUID, limit: int, offset: int
) -> tuple[int, list[TableVersion]]:
    """Returns the number of versions of the table and a page of them, newest first."""
    return await select_page(session, _versions(project_id, table_id), limit, offset, TableVersion.number.desc())


async def tables_of_versions(
    session: AsyncSession, project_id: UUID, version_ids: Iterable[UUID | None]
) -> dict[UUID, str]:
    """Returns the name of the table of each of these versions; unknown ones are left out."""
    query = (
        select(TableVersion.id, KnowledgeTable.name)
        .join(
            KnowledgeTable,
            (KnowledgeTable.project_id == TableVersion.project_id) & (KnowledgeTable.id == TableVersion.table_id),
        )
        .where(TableVersion.project_id == project_id, TableVersion.id.in_([one for one in version_ids if one]))
    )
    return {row.id: row.name for row in await session.execute(query)}


async def newest_version(
    session: AsyncSession, project_id: UUID, table_id: UUID, *, deployed_first: bool = False
) -> TableVersion | None:
    """Returns the newest version of the table; with `deployed_first`, the deployed one where there is one."""
    found = await session.scalars(_NEWEST[deployed_first], {"project": project_id, "table": table_id})
    return found.one_or_none()


def _versions(project_id: Any, table_id: Any) -> Any:
    listed = TableVersion.number > 0  # see `renumber_live`
    return select(TableVersion).where(TableVersion.project_id == project_id, TableVersion.table_id == table_id, listed)


def _newest(*order: Any) -> Any:
    query = _versions(bindparam("project", type_=Uuid), bindparam("table", type_=Uuid))
    return query.order_by(*order, TableVersion.number.desc()).limit(1)


# Made once: to put such a statement together takes Python longer than the database takes to read a page of rows.
_NEWEST = {False: _newest(), True: _newest(TableVersion.deployed.desc())}


async def add_version(
    session: AsyncSession, table: KnowledgeTable, dependencies: Mapping[str, Any] | None = None
) -> TableVersion:
    """Returns a new, empty version with the next number.

    It depends on what the table depends on, unless told otherwise.
    """
    # The table's row is locked, so that two new versions get two numbers.
    await session.get(KnowledgeTable, (table.project_id, table.id), with_for_update=True)
    mine = (TableVersion.project_id == table.project_id) & (TableVersion.table_id == table.id)
    newest = await session.scalar(select(func.max(TableVersion.number)).where(mine))
    chosen = dict(table.dependencies if dependencies is None else dependencies)
    version = TableVersion(
        project_id=table.project_id, table_id=table.id, number=(newest or 0) + 1, dependencies=chosen
    )
    session.add(version)
    await session.flush()
    await session.refresh(version)
    return version


async def deploy_version(session: AsyncSession, version: TableVersion) -> None:
    """Make this the one deployed version of its table."""
    await session.get(KnowledgeTable, (version.project_id, version.table_id), with_for_update=True)
    mine = (TableVersion.project_id == version.project_id) & (TableVersion.table_id == version.table_id)
    await session.execute(update(TableVersion).where(mine, TableVersion.deployed).values(deployed=False))
    await session.execute(update(TableVersion).where(mine, TableVersion.id == version.id).values(deployed=True))


async def lock_tables(session: AsyncSession, project_id: UUID) -> None:
    """Keep others from making a table in this project until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"tables:{project_id}"}
    )


async def active_documents(session: AsyncSession, project_id: UUID) -> list[UUID]:
    """Returns the ids of the project's own documents, neither local nor deleted."""
    own = (Document.status == "active") & Document.local_to.is_(None)
    query = select(Document.id).where(Document.project_id == project_id, own)
    return list(await session.scalars(query))
