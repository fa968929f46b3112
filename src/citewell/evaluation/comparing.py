"""Comparisons that requests wait for: one at a time in a process, outside of sessions, and kept for a while."""

import asyncio
from collections import OrderedDict
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.errors import BadRequest
from citewell.evaluation.comparison import Result, compare
from citewell.evaluation.repository import runs as repository
from citewell.evaluation.service import get_run
from citewell.models import EvaluationRun

_MAX_KEPT = 8  # of some megabytes each at most
_Key = tuple[Any, ...]


class Comparisons:
    """The last comparisons, each for two runs with so many answers."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._kept: OrderedDict[_Key, dict[str, Any]] = OrderedDict()

    async def of(
        self, database: Database, project_id: UUID, run_id: UUID, before_id: UUID | None
    ) -> tuple[EvaluationRun, EvaluationRun, dict[str, Any]]:
        """Returns the run before, the run, and their comparison; without an id with the run that it was compared with
        when it ended. Raises NotFound, and BadRequest if there is none.
        """
        async with database.read() as session:
            before, run = await _pair(session, project_id, run_id, before_id)
        key = _key(before, run)
        # Whoever waits here holds neither a session nor the runs' questions.
        async with self._one_at_a_time:
            if key not in self._kept:
                former, latter = await _results(database, before, run)
                self._keep(key, await asyncio.to_thread(compare, former, latter))
            return before, run, self._kept[key]

    def _keep(self, key: _Key, found: dict[str, Any]) -> None:
        self._kept[key] = found
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)


def _key(*runs: EvaluationRun) -> _Key:
    return tuple((run.project_id, run.id, run.answered_count, run.state) for run in runs)


async def _pair(
    session: AsyncSession, project_id: UUID, run_id: UUID, before_id: UUID | None
) -> tuple[EvaluationRun, EvaluationRun]:
    run = await get_run(session, project_id, run_id)
    before_id = before_id or run.previous_run_id or await repository.run_before(session, run)
    if before_id is None:
        raise BadRequest("There is no run before this one: say with which to compare it (with=<id of a run>).")
    return await get_run(session, project_id, before_id), run


async def _results(database: Database, before: EvaluationRun, run: EvaluationRun) -> list[list[Result]]:
    async with database.read() as session:
        return [await repository.results(session, one.project_id, one.id) for one in (before, run)]
