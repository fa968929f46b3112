"""The table `project_cells` of the home cell: where projects live. A project without a row lives in the home cell."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.models import ProjectCell

_FIND = "SELECT cell FROM project_cells WHERE project_id = %(project)s"
_FIND_SOME = "SELECT project_id, cell FROM project_cells WHERE project_id = ANY(%(projects)s)"
_PLACED = "SELECT project_id, cell FROM project_cells"

Connection = psycopg.AsyncConnection[Any]


async def fetch_cell(home: Database, project_id: UUID) -> str | None:
    """Returns the cell of one project. Its statement is prepared: every request asks."""
    found = await home.direct.fetch(_FIND, {"project": project_id}, prepare=True)
    return str(found[0].cell) if found else None


async def fetch_cells(home: Database, projects: Sequence[UUID]) -> dict[UUID, str]:
    """Returns the cells of those of the projects that are not in the home cell."""
    rows = await home.direct.fetch(_FIND_SOME, {"projects": list(projects)})
    return {row.project_id: str(row.cell) for row in rows}


async def fetch_all_cells(home: Database) -> dict[UUID, str]:
    """Returns the cells of all projects that are not in the home cell."""
    return {row.project_id: str(row.cell) for row in await home.direct.fetch(_PLACED, {})}


async def find_used_cells(session: AsyncSession) -> set[str]:
    """Returns the names of the cells that projects live in, besides the home cell."""
    return set(await session.scalars(select(ProjectCell.cell).distinct()))


async def find_cell(home: Connection, project_id: UUID) -> str | None:
    """Like `fetch_cell`, on a given connection."""
    found = await home.execute("SELECT cell FROM project_cells WHERE project_id = %s", [project_id])
    row = await found.fetchone()
    return str(row[0]) if row is not None else None


async def put_project(home: Connection, project_id: UUID, cell: str) -> None:
    """Enter the project's cell, which is not the home cell."""
    await home.execute(
        "INSERT INTO project_cells (project_id, cell) VALUES (%s, %s) ON CONFLICT (project_id)"
        " DO UPDATE SET cell = excluded.cell, changed_at = clock_timestamp()",
        [project_id, cell],
    )


async def delete_entry(home: Connection, project_id: UUID) -> None:
    """Deletes the project's row, so that it lives in the home cell."""
    await home.execute("DELETE FROM project_cells WHERE project_id = %s", [project_id])
