"""Where each project lives: rows of the home cell, remembered for a moment by each process.

A process that has not yet heard of a move sends requests to the old cell, which refuses to write (`moving.fence`), so
a short memory is enough.
"""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from citewell.db.engine import Database
from citewell.errors import CellUnavailable
from citewell.settings import HOME

SECONDS = 2.0  # for which an entry is good
_MOST = 100_000
_FIND = "SELECT cell FROM project_cells WHERE project_id = %(project)s"
_FIND_SOME = "SELECT project_id, cell FROM project_cells WHERE project_id = ANY(%(projects)s)"
_PLACED = "SELECT project_id, cell FROM project_cells"


class Directory:
    """The cell of each project. `clock` gives seconds that only rise."""

    def __init__(self, home: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._known: dict[UUID, tuple[str, float]] = {}  # the cell, and when it was asked for

    async def cell_of(self, project_id: UUID) -> str:
        """The name of the cell; the home cell's also for projects that do not exist.

        While the home cell is away, what was known last is good. Raises CellUnavailable where nothing was.
        """
        known, now = self._known.get(project_id), self._clock()
        if known is not None and (now - known[1] < SECONDS or self._home.is_away):
            return known[0]
        if self._home.is_away:
            raise CellUnavailable(HOME)
        try:
            found = await self._home.direct.fetch(_FIND, {"project": project_id}, prepare=True)
        except (SQLAlchemyError, OSError) as error:
            if known is None:
                raise CellUnavailable(HOME) from error
            return known[0]
        cell = found[0].cell if found else HOME
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[project_id] = cell, now
        return str(cell)

    async def places(self, projects: Sequence[UUID]) -> dict[UUID, str]:
        """The cell of each. Raises what the home cell's database raises."""
        rows = await self._home.direct.fetch(_FIND_SOME, {"projects": list(projects)})
        return dict.fromkeys(projects, HOME) | {row.project_id: str(row.cell) for row in rows}

    async def placed(self) -> dict[UUID, str]:
        """The cells of all projects that are not in the home cell. Remembered, for when the home cell is away."""
        rows = await self._home.direct.fetch(_PLACED, {})
        found = {row.project_id: str(row.cell) for row in rows}
        now = self._clock()
        self._known |= {project: (cell, now) for project, cell in found.items()}
        return found

    def forget(self, project_id: UUID) -> None:
        self._known.pop(project_id, None)
