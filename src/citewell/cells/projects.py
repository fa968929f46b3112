"""The rows of `projects` that the home cell keeps of projects in other cells.

They say that the project exists, what it is called, and, by foreign keys, who is a member. The row in the project's own
cell is authoritative.
"""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.cells.hosting import Cells
from citewell.cells.repository.projects import update_project
from citewell.models import Project

log = structlog.get_logger(__name__)

_COLUMNS = ("name", "business_brief", "settings", "deleted_at", "updated_at")


async def copy_back(cells: Cells, project_id: UUID) -> None:
    """Copies the project's name, and whether it was deleted, to the home cell. A failure is made up for later."""
    try:
        process = await cells.resources_of(project_id)
        async with process.database.read() as session:
            row = await session.get(Project, project_id)
        if row is not None:
            async with cells.home.database.write() as session:
                await update_project(session, project_id, _values(row))
    except (SQLAlchemyError, OSError) as error:
        log.warning("project_not_copied_back", project=str(project_id), reason=str(error).split("\n", 1)[0])


def _values(row: Project) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}
