"""The steps of a move: copy, catch up, close for seconds, switch, remove the old copy.

The switch is one commit in the home cell, on the connection that holds the project's lock there. So whoever gets that
lock knows that the move is no longer under way, and by the directory how far it had come (`recovery`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg.errors import ForeignKeyViolation

from citewell.cells.accounts import AccountCopies
from citewell.cells.moving import fence
from citewell.cells.moving.copying import Copier, Progress
from citewell.cells.moving.finishing import abandon, finish
from citewell.cells.moving.repository import moves
from citewell.cells.moving.repository.moves import MoveRow
from citewell.cells.moving.repository.tables import moved_tables
from citewell.cells.repository.directory import delete_entry, find_cell, put_project
from citewell.cells.repository.projects import has_partition
from citewell.db.partitions import create_project_partition, ensure_vector_index
from citewell.errors import Conflict, Unavailable
from citewell.process import Process
from citewell.settings import HOME

Connection = psycopg.AsyncConnection[Any]
Tell = Callable[[str], None]  # takes a line about a step that was done
T = TypeVar("T")

_FEW = 200  # changes that are copied in well below a second
_ROUNDS = 50  # after which a project is closed even if it is written faster than it is copied
_DRAIN_SECONDS = 60.0  # for running answers to end by themselves
_STOP_SECONDS = 15.0  # for stopped answers to end
_CLOSED_SECONDS = 10.0  # that a project may stay closed
_USER_ATTEMPTS = 5  # of a step whose rows may name users who signed up meanwhile


class NotSwitched(Unavailable):
    """The switch took too long. The project is open in its old cell, and the move can be continued."""


@dataclass
class Done:
    """`closed_seconds` is how long nobody could write; `rows` is the number of rows copied in that time."""

    source_cell: str
    closed_seconds: float
    rows: int


class Move:
    """A move that this process carries out, on connections of its own."""

    def __init__(
        self, processes: dict[str, Process], home: Connection, source: Connection, target: Connection, row: MoveRow
    ) -> None:
        self.project_id = row.project_id
        self.source_cell, self.target_cell = row.source, row.target
        self._accounts = processes[HOME].database
        self._source_process, self._target_process = processes[row.source], processes[row.target]
        self._home, self._source, self._target = home, source, target
        self._is_whole = row.state == "whole"
        self._progress = msgspec.convert(row.progress, Progress)
        self._copier = Copier(source, target, moved_tables(self.project_id))

    async def prepare(self) -> None:
        """Records writes in the old cell from now on; makes the project's partition and its users in the new one."""
        await fence.put_up(self._source, self.project_id)
        target = self._target_process
        async with target.database.write(statement_seconds=0) as session:
            if not await has_partition(session, self.project_id):
                await create_project_partition(await session.connection(), self.project_id, target.extensions)
        await self._copy_people()

    async def copy(self, tell: Tell) -> None:
        """Copies all tables and the writes made meanwhile. Continues where an earlier run stopped."""
        total = len(moved_tables(self.project_id))
        while len(self._progress.copied) < total:
            before = len(self._progress.copied)
            async with self._step():
                self._progress = await self._retry_unknown_users(lambda: self._copier.copy_round(self._progress))
                await moves.store_progress(self._home, self.project_id, msgspec.to_builtins(self._progress))
            if len(self._progress.copied) > before:
                tell(f"copied {self._progress.copied[-1]} ({len(self._progress.copied)} of {total} tables)")
        for _ in range(_ROUNDS):
            async with self._step():
                caught_up = await self._retry_unknown_users(self._copier.catch_up)
            if caught_up <= _FEW:
                break
        await self._copy_permissions()
        async with self._target_process.database.autocommit(statement_seconds=0) as connection:
            await ensure_vector_index(connection, self.project_id)

    async def switch(self) -> Done:
        """Closes the project, copies the last writes, and makes the directory name the new cell.

        Raises NotSwitched if that takes too long.
        """
        async with self._step():
            return await self._switch()

    async def _switch(self) -> Done:
        try:
            await self._drain()
            began = time.monotonic()
            async with asyncio.timeout(_CLOSED_SECONDS):
                await fence.close(self._source, self.project_id)
                rows = await self._copier.catch_up()
                await self._compare()
                await self._copier.advance_numbers()
                await self._commit()
        except BaseException as error:
            if await self.is_switched():
                raise
            await fence.set_state(self._source, self.project_id, "open")
            if isinstance(error, TimeoutError | psycopg.errors.LockNotAvailable):
                raise NotSwitched(
                    f"The project could not be closed and switched within {_CLOSED_SECONDS:.0f} s, so it stays where it"
                    " is: run the same command again at a quieter time."
                ) from error
            raise
        await fence.set_state(self._source, self.project_id, "moved")
        return Done(self.source_cell, time.monotonic() - began, rows)

    async def abandon(self) -> None:
        """Removes what was copied. Raises Conflict if the project is in the new cell already."""
        if await self.is_switched():
            raise Conflict("The project is in its new cell already: the same command without --abandon cleans up.")
        async with self._step():
            await abandon(self._source, self._target_process, self._target, self.project_id)
            await moves.delete_move(self._home, self.project_id)

    async def finish(self, tell: Tell) -> None:
        """Does what follows the switch. Continues where an earlier run stopped."""
        async with self._step():
            await self._finish(tell)

    @asynccontextmanager
    async def _step(self) -> AsyncIterator[None]:
        """No backup begins during the body: it copies the cells one after the other, at slightly different times."""
        await moves.keep_backups_waiting(self._home)
        try:
            yield
        finally:
            await moves.let_backups_begin(self._home)

    async def _finish(self, tell: Tell) -> None:
        await fence.set_state(self._source, self.project_id, "moved")
        if not self._is_whole:
            await self._copier.bring_held()
        # Checked each time: raises while the home cell's synchronous standby has not confirmed the switch. If that
        # standby were promoted, its directory would lead to the old copy, which is removed next.
        await moves.mark_whole(self._home, self.project_id)
        await self._copier.forget_held()
        await finish(self._source_process, self._source, self._target, self.project_id, tell)
        await moves.delete_move(self._home, self.project_id)

    async def _copy_people(self) -> None:
        """Copies all users whom rows may name."""
        if (copies := self._copies()) is not None:
            await copies.compare(("users",))
        await self._copier.copy_accounts_of_widgets()

    async def _copy_permissions(self) -> None:
        """Copies the permissions in the project, which exists in the new cell; later changes follow by themselves."""
        if (copies := self._copies()) is not None:
            await copies.copy_project(self.project_id)
        await self._copier.copy_permissions_of_widgets()

    def _copies(self) -> AccountCopies | None:
        if self.target_cell == HOME:
            return None
        return AccountCopies(self._accounts, self._target_process.database)

    async def _retry_unknown_users(self, step: Callable[[], Awaitable[T]]) -> T:
        """Repeats the step where a row names a user who was not yet known in the new cell."""
        for _ in range(_USER_ATTEMPTS - 1):
            try:
                return await step()
            except ForeignKeyViolation:
                await self._copy_people()
        return await step()

    async def _drain(self) -> None:
        """Takes no new questions and waits until no answer runs. Answers that take long are stopped with their text so
        far."""
        await fence.set_state(self._source, self.project_id, "draining")
        if await self._until_quiet(_DRAIN_SECONDS):
            return
        await moves.stop_turns(self._source, self.project_id)
        if not await self._until_quiet(_STOP_SECONDS):
            raise Unavailable("Answers in the project are still running: run the same command again in a moment.")

    async def _until_quiet(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            caught_up = await self._retry_unknown_users(self._copier.catch_up)
            is_answering = await moves.has_running_turns(self._source, self.project_id)
            if not is_answering and caught_up <= _FEW:
                return True
            await asyncio.sleep(0.1)
        return False

    async def _compare(self) -> None:
        differences = await self._copier.differences()
        if differences:
            shown = ", ".join(f"{name} {there:,} and {here:,}" for name, (there, here) in differences.items())
            raise Conflict(f"The copy differs: {shown} rows. Cancel with `citewell project move --abandon`.")

    async def _commit(self) -> None:
        async with self._home.transaction():
            if self.target_cell == HOME:
                await delete_entry(self._home, self.project_id)
            else:
                await put_project(self._home, self.project_id, self.target_cell)
            await moves.mark_moved(self._home, self.project_id)

    async def is_switched(self) -> bool:
        """Whether the directory has the project in the new cell."""
        return await cell_in_directory(self._home, self.project_id) == self.target_cell


async def cell_in_directory(home: Connection, project_id: UUID) -> str:
    """Returns the cell of the project; projects of the home cell have no entry."""
    return await find_cell(home, project_id) or HOME
