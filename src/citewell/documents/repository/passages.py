"""Reading the passages of a document, which are what searches see of it."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models.passage import partition_name


async def count_passages(
    session: AsyncSession, project_id: UUID, document_id: UUID, version_id: UUID
) -> tuple[int, int]:
    """Returns the number of the version's passages, and of those that have a vector."""
    query = text(
        f"SELECT count(*), count(embedding_model) FROM {partition_name(project_id)}"  # noqa: S608
        " WHERE document_id = :document AND version_id = :version"
    )
    row = (await session.execute(query, {"document": document_id, "version": version_id})).one()
    return row[0], row[1]


async def languages_of_passages(session: AsyncSession, project_id: UUID, document_id: UUID) -> list[str]:
    query = text(f"SELECT DISTINCT language FROM {partition_name(project_id)} WHERE document_id = :document")  # noqa: S608
    return list(await session.scalars(query, {"document": document_id}))


async def terms_in_passages(session: AsyncSession, project_id: UUID, document_id: UUID, terms: list[str]) -> set[str]:
    """Returns which of the analysed terms a passage of the document has."""
    query = text(
        "SELECT DISTINCT term FROM unnest(CAST(:terms AS text[])) AS term WHERE EXISTS"  # noqa: S608
        f" (SELECT FROM {partition_name(project_id)} WHERE document_id = :document"
        " AND ' ' || content || ' ' LIKE '% ' || term || ' %')"
    )
    return set(await session.scalars(query, {"terms": terms, "document": document_id}))
