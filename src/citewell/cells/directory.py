"""Finds the cell of each project: rows of the home cell, cached for a moment by each process.

A process that has not yet heard of a move sends requests to the old cell, which refuses to write (`moving.fence`), so a
short cache time is enough.
"""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from citewell.cells.repository.directory import fetch_all_cells, fetch_cell, fetch_cells
from citewell.db.engine import Database
from citewell.errors import CellUnavailable
from citewell.settings import HOME

SECONDS = 2.0  # for which an entry is good
_MAX_KNOWN = 100_000


class Directory:
    """The cell of each project. `clock` gives seconds that only rise."""

    def __init__(self, home: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._known: dict[UUID, tuple[str, float]] = {}  # the cell, and when it was asked for

    async def cell_of(self, project_id: UUID) -> str:
        """Returns the name of the cell; the home cell's also for projects that do not exist.

        While the home cell is away, what was known last is good. Raises CellUnavailable where nothing was.
        """
        known, now = self._known.get(project_id), self._clock()
        if known is not None and (now - known[1] < SECONDS or self._home.is_away):
            return known[0]
        if self._home.is_away:
            raise CellUnavailable(HOME)
        try:
            cell = await fetch_cell(self._home, project_id) or HOME
        except (SQLAlchemyError, OSError) as error:
            if known is None:
                raise CellUnavailable(HOME) from error
            return known[0]
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        self._known[project_id] = cell, now
        return cell

    async def places(self, projects: Sequence[UUID]) -> dict[UUID, str]:
        """Returns the cell of each. Raises what the home cell's database raises."""
        return dict.fromkeys(projects, HOME) | await fetch_cells(self._home, projects)

    async def placed(self) -> dict[UUID, str]:
        """Returns the cells of all projects that are not in the home cell.

        Remembered, for when the home cell is away.
        """
        found = await fetch_all_cells(self._home)
        now = self._clock()
        self._known |= {project: (cell, now) for project, cell in found.items()}
        return found

    def forget(self, project_id: UUID) -> None:
        self._known.pop(project_id, None)
