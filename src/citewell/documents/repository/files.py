"""Which stored files the rows name."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import (
    DesignTemplateFile,
    Document,
    DocumentVersion,
    ExtractedFigure,
    Project,
    ProjectCell,
    TempDataset,
)

# All columns that name a stored file, except `documents.file_key`: that is the file of a version.
_NAMING = (
    DocumentVersion.file_key,
    Document.computed_pdf_key,
    ExtractedFigure.file_key,
    DesignTemplateFile.file_key,
    TempDataset.file_key,
)


async def lock_files(session: AsyncSession, document_ids: Sequence[UUID]) -> None:
    """Keep the documents' files from being deleted as unnamed until the transaction ends.

    A transaction that names a file which was stored before takes this first.
    """
    for number in sorted(document_id.int & (2**63 - 1) for document_id in document_ids):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def named_keys(session: AsyncSession, project_id: UUID, document_id: UUID) -> set[str]:
    """Returns the keys of the files that the document and its versions name."""
    document = Document.project_id == project_id, Document.id == document_id
    versions = DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    rows = await session.execute(select(Document.file_key, Document.computed_pdf_key).where(*document))
    named = {key for row in rows for key in row if key is not None}
    return named | set(await session.scalars(select(DocumentVersion.file_key).where(*versions)))


async def which_are_named(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Returns which of the keys a row of any project names."""
    named: set[str] = set()
    for column in _NAMING:
        named |= {key for key in await session.scalars(select(column).where(column.in_(keys))) if key is not None}
    return named


async def which_are_versions(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Returns which of the ids are versions of documents."""
    return set(await session.scalars(select(DocumentVersion.id).where(DocumentVersion.id.in_(ids))))


async def which_are_active(
    session: AsyncSession, project_ids: Iterable[UUID], document_ids: Iterable[UUID]
) -> set[tuple[UUID, UUID]]:
    """(project, document) of the active documents among these ids, in projects that are not deleted."""
    live = select(Document.project_id, Document.id).join(Project, Project.id == Document.project_id)
    live = live.where(Document.project_id.in_(project_ids), Document.id.in_(document_ids), Document.status == "active")
    return {(row.project_id, row.id) for row in await session.execute(live.where(Project.deleted_at.is_(None)))}


async def active_files(
    session: AsyncSession, after: tuple[UUID, UUID] | None, limit: int
) -> list[tuple[UUID, UUID, str, str]]:
    """(project, id, name, file key) of active documents that have a file, by project and id, behind `after`."""
    query = select(Document.project_id, Document.id, Document.name, Document.file_key)
    query = query.join(Project, Project.id == Document.project_id).where(
        Document.status == "active", Document.file_key != "", Project.deleted_at.is_(None)
    )
    if after is not None:
        query = query.where(
            (Document.project_id > after[0]) | ((Document.project_id == after[0]) & (Document.id > after[1]))
        )
    rows = (await session.execute(query.order_by(Document.project_id, Document.id).limit(limit))).all()
    return [(row.project_id, row.id, row.name, row.file_key) for row in rows]


def files_of_others() -> dict[str, Select[UUID, UUID, str]]:
    """By what they are: selects (project, id, key) of the files that belong to no document's newest version.

    Files of documents and projects that are deleted are left out, and datasets that were not uploaded yet.
    """
    active = (Project.deleted_at.is_(None), Document.status == "active")
    version, figure, template, dataset = DocumentVersion, ExtractedFigure, DesignTemplateFile, TempDataset
    of_version = (Document.project_id == version.project_id) & (Document.id == version.document_id)
    of_figure = (Document.project_id == figure.project_id) & (Document.id == figure.document_id)
    return {
        "version": select(version.project_id, version.id, version.file_key)
        .join(Document, of_version)
        .join(Project, Project.id == version.project_id)
        .where(*active, version.file_key != "", version.file_key != Document.file_key),
        "computed PDF of document": select(
            Document.project_id, Document.id, func.coalesce(Document.computed_pdf_key, "")
        )
        .join(Project, Project.id == Document.project_id)
        .where(*active, Document.computed_pdf_key.is_not(None)),
        "figure": select(figure.project_id, figure.id, figure.file_key)
        .join(Document, of_figure)
        .join(Project, Project.id == figure.project_id)
        .where(*active),
        "design template file": select(template.project_id, template.id, template.file_key)
        .join(Project, Project.id == template.project_id)
        .where(active[0]),
        "dataset": select(dataset.project_id, dataset.id, dataset.file_key)
        .join(Project, Project.id == dataset.project_id)
        .where(active[0], dataset.status == "ready"),
    }


async def page_of_files(
    session: AsyncSession, query: Select[UUID, UUID, str], after: tuple[UUID, UUID] | None, limit: int
) -> list[tuple[UUID, UUID, str]]:
    """Returns a page of one of `files_of_others`, by project and id, behind `after`."""
    project_id, identity = query.selected_columns[:2]
    if after is not None:
        query = query.where(tuple_(project_id, identity) > after)
    return [
        (row[0], row[1], row[2]) for row in await session.execute(query.order_by(project_id, identity).limit(limit))
    ]


async def cells_of_projects(session: AsyncSession, project_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Returns the cells of those that are not in the home cell. The session is one of the home cell."""
    query = select(ProjectCell.project_id, ProjectCell.cell).where(ProjectCell.project_id.in_(project_ids))
    return {row.project_id: row.cell for row in await session.execute(query)}
