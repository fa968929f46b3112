"""Projects of several cells: a new one in the cell for new ones, and all of them in one list."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from citewell.models import Project, ProjectCell, ProjectPermission
from citewell.projects import repository, service
from citewell.projects.schemas import ProjectCreate, to_wire
from citewell.resources import Placement, Resources
from citewell.settings import HOME

_CELL_SECONDS = 2.0  # that a list waits for a cell


async def create_project(resources: Resources, placement: Placement, owner_id: UUID, request: ProjectCreate) -> Project:
    """Add the project in the cell for new ones. It exists once the home cell, which is `resources`, says so.

    Raises CellUnavailable.
    """
    cell, of_cell = await placement.cell_for_new(owner_id)
    async with of_cell.database.write() as session:
        project = await service.create_project(session, of_cell.extensions, owner_id, request)
        owner = await repository.get_only_member(session, project.id)
    if cell != HOME:
        await register(resources, project, owner, cell)
    return project


async def register(resources: Resources, project: Project, owner: ProjectPermission, cell: str) -> None:
    """Copies a project that was made in another cell, and its first member, to the home cell, which is `resources`."""
    async with resources.database.write() as session:
        session.add(_same(Project, project))
        await session.flush()
        session.add_all([_same(ProjectPermission, owner), ProjectCell(project_id=project.id, cell=cell)])


def _same(model: type[Any], row: Any) -> Any:
    """Returns a new row with the values of one of another database."""
    return model(**{column.key: getattr(row, column.key) for column in model.__table__.columns})


async def to_wire_from_cells(placement: Placement, rows: Sequence[Project]) -> list[dict[str, Any]]:
    """Returns the home cell's rows as the cells of the projects have them, which are asked all at once; each with its
    `cell`.

    `is_available` is false for projects of a cell that does not answer: what is shown is what the home cell knows.
    """
    places = await placement.places([row.id for row in rows])
    reachable = placement.reachable()
    wanted = {name: [row.id for row in rows if places[row.id] == name] for name in set(places.values()) - {HOME}}
    answers = await asyncio.gather(*(_rows_of(reachable.get(name), ids) for name, ids in wanted.items()))
    answered = {name for name, found in zip(wanted, answers, strict=True) if found is not None} | {HOME}
    from_cells = {row.id: row for found in answers for row in found or ()}
    return [
        to_wire(from_cells.get(row.id, row)) | {"cell": places[row.id], "is_available": places[row.id] in answered}
        for row in rows
    ]


async def _rows_of(resources: Resources | None, ids: Sequence[UUID]) -> list[Project] | None:
    """Returns the projects as their cell has them; None if it does not answer in time."""
    if resources is None:
        return None
    try:
        async with asyncio.timeout(_CELL_SECONDS), resources.database.read() as session:
            return await repository.list_projects_with_ids(session, ids)
    except (SQLAlchemyError, OSError, TimeoutError):
        return None
