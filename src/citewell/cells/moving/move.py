"""The steps of a move: copy, catch up, close for seconds, switch, remove the old copy.

The switch is one commit in the home cell, on the connection that holds the project's lock there. So whoever gets that
lock knows that the move is no longer under way, and by the directory how far it had come (`recovery`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.errors import ForeignKeyViolation

from citewell.cells.accounts import AccountCopies
from citewell.cells.moving import fence
from citewell.cells.moving.copying import Copier, Progress
from citewell.cells.moving.finishing import abandon, finish
from citewell.cells.moving.repository import moves
from citewell.cells.moving.repository.tables import moved_tables
from citewell.cells.repository.connections import lift_statement_limit
from citewell.cells.repository.directory import delete_entry, find_cell, put_project
from citewell.cells.repository.projects import has_partition, is_active
from citewell.db.confirmed import ConfirmedConnection
from citewell.db.partitions import create_project_partition, ensure_vector_index
from citewell.errors import Conflict, NotFound, SetupError, Unavailable
from citewell.process import Process
from citewell.settings import HOME

Connection = psycopg.AsyncConnection[Any]
Tell = Callable[[str], None]

_FEW = 200  # changes that are copied in well below a second
_ROUNDS = 50  # after which a project is closed even if it is written faster than it is copied
_DRAIN_SECONDS = 60.0  # for running answers to end by themselves
_STOP_SECONDS = 15.0  # for stopped answers to end
_CLOSED_SECONDS = 10.0  # that a project may stay closed
_ATTEMPTS = 5  # of a step that other transactions may disturb


class NotSwitched(Unavailable):
    """The project is open again, and the move may be gone on with."""


@dataclass
class Done:
    """`closed_seconds` is how long nobody could write; `rows` how many were brought over in that time."""

    source: str
    closed_seconds: float
    rows: int


class Move:
    """A move that this process carries out, on connections of its own."""

    def __init__(
        self, processes: dict[str, Process], home: Connection, source: Connection, target: Connection, row: Any
    ) -> None:
        self.project_id: UUID = row.project_id
        self.names = (row.source, row.target)
        self._processes = processes
        self._home, self._source, self._target = home, source, target
        self._is_whole = row.state == "whole"
        self._progress = msgspec.convert(row.progress, Progress)
        self._copier = Copier(source, target, moved_tables(self.project_id))

    async def prepare(self) -> None:
        """The fence where the project is; its partition and its people where it goes."""
        await fence.put_up(self._source, self.project_id)
        target = self._processes[self.names[1]]
        async with target.database.write(statement_seconds=0) as session:
            if not await has_partition(session, self.project_id):
                await create_project_partition(await session.connection(), self.project_id, target.extensions)
        await self._copy_people()

    async def copy(self, tell: Tell) -> None:
        """Copies all tables, and what has changed in them meanwhile. Continues where it stopped."""
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
        async with self._processes[self.names[1]].database.autocommit(statement_seconds=0) as connection:
            await ensure_vector_index(connection, self.project_id)

    async def switch(self) -> Done:
        """Close the project, bring the rest over, and let it live in the new cell. Raises NotSwitched where that takes
        too long."""
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
        return Done(self.names[0], time.monotonic() - began, rows)

    @property
    def ends(self) -> tuple[Process, Process]:
        """The cells that the project leaves, and that it goes to."""
        return self._processes[self.names[0]], self._processes[self.names[1]]

    async def abandon(self) -> None:
        """Raises Conflict where the project lives in the new cell already."""
        if await self.is_switched():
            raise Conflict("The project is in its new cell already: the same command without --abandon cleans up.")
        async with self._step():
            await abandon(self._source, self.ends[1], self._target, self.project_id)
            await moves.delete_move(self._home, self.project_id)

    async def finish(self, tell: Tell) -> None:
        """Does what follows the switch. Continues where it stopped."""
        async with self._step():
            await self._finish(tell)

    @asynccontextmanager
    async def _step(self) -> AsyncIterator[None]:
        """No backup begins during the body: its copies of the cells are of moments that lie a little apart."""
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
        await finish(self.ends[0], self._source, self._target, self.project_id, tell)
        await moves.delete_move(self._home, self.project_id)

    async def _copy_people(self) -> None:
        """Everybody whom rows may name."""
        if (copies := self._copies()) is not None:
            await copies.compare(("users",))
        await self._copier.copy_accounts_of_widgets()

    async def _copy_permissions(self) -> None:
        """Copies the permissions in the project, which exists in the new cell; later changes follow by themselves."""
        if (copies := self._copies()) is not None:
            await copies.copy_project(self.project_id)
        await self._copier.copy_permissions_of_widgets()

    def _copies(self) -> AccountCopies | None:
        if self.names[1] == HOME:
            return None
        return AccountCopies(self._processes[HOME].database, self.ends[1].database)

    async def _retry_unknown_users(self, step: Callable[[], Any]) -> Any:
        """Repeats the step where a row names a user who was not yet known in the new cell."""
        for attempt in range(_ATTEMPTS):
            try:
                return await step()
            except ForeignKeyViolation:
                if attempt + 1 == _ATTEMPTS:
                    raise
                await self._copy_people()
        raise AssertionError

    async def _drain(self) -> None:
        """Take no new questions, and wait until no answer runs. Those that take long are stopped: what they have said
        is kept."""
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
            if self.names[1] == HOME:
                await delete_entry(self._home, self.project_id)
            else:
                await put_project(self._home, self.project_id, self.names[1])
            await moves.mark_moved(self._home, self.project_id)

    async def is_switched(self) -> bool:
        """Whether the directory has the project in the new cell."""
        cell = await cell_in_directory(self._home, self.project_id)
        return bool(cell == self.names[1])


async def cell_in_directory(home: Connection, project_id: UUID) -> str:
    return await find_cell(home, project_id) or HOME


@asynccontextmanager
async def opened_move(processes: dict[str, Process], project_id: UUID, target: str) -> AsyncIterator[Move]:
    """The move of the project, begun or to be gone on with, while nobody else carries it out.

    Raises NotFound for no such project, Conflict where it is in that cell, moves to another one, or is moved by another
    process.
    """
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(connected(processes[HOME]))
        if not await moves.try_lock(home, fence.mover_lock_of(project_id)):
            raise Conflict("Another process is moving the project: wait until it ends.")
        stack.push_async_callback(_unlock, home, project_id)
        row = await _begun(home, project_id, target)
        source = await stack.enter_async_context(connected(processes[row.source]))
        yield Move(processes, home, source, await stack.enter_async_context(connected(processes[row.target])), row)


async def _unlock(home: Connection, project_id: UUID) -> None:
    # The lock would end with the connection, but PostgreSQL notices the end of a connection some moments later.
    with suppress(psycopg.Error):
        await moves.unlock(home, fence.mover_lock_of(project_id))


@asynccontextmanager
async def connected(process: Process) -> AsyncIterator[Connection]:
    """A connection with a session, in autocommit, without a limit of time."""
    connect = ConfirmedConnection.connect
    async with await connect(process.database.libpq_url, autocommit=True) as connection:
        await lift_statement_limit(connection)
        yield connection


async def _begun(home: Connection, project_id: UUID, target: str) -> Any:
    row = await moves.find_move(home, project_id)
    if row is None:
        if not await is_active(home, project_id):
            raise NotFound("There is no such project.")
        cell = await cell_in_directory(home, project_id)
        if cell == target:
            raise Conflict(f"The project is in the cell {target} already.")
        await moves.insert_move(home, project_id, cell, target)
        row = await moves.find_move(home, project_id)
    if row is None or row.target != target:
        raise Conflict("The project is being moved to another cell: finish that move, or cancel it with --abandon.")
    return row


async def abandon_move(processes: dict[str, Process], project_id: UUID) -> None:
    """Give up the move of a project that is under way. Raises NotFound where none is, and Conflict."""
    async with connected(processes[HOME]) as home:
        row = await moves.find_move(home, project_id)
    if row is None:
        raise NotFound("The project is not moving.")
    async with opened_move(processes, project_id, row.target) as move:
        await move.abandon()


async def _switch(move: Move, tell: Tell) -> Done:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await move.switch()
        except NotSwitched:
            if attempt == _ATTEMPTS:
                raise
            tell(f"not switched in time: attempt {attempt} of {_ATTEMPTS}")
            await move.copy(tell)
    raise AssertionError


async def move_project(processes: dict[str, Process], project_id: UUID, target: str, tell: Tell) -> Done | None:
    """Begin a move or go on with it; None where it had been switched before. `processes` are those of all cells.

    Raises what `opened_move` and `Move.switch` raise.
    """
    if target not in processes:
        raise SetupError(f"There is no cell {target}: there are {', '.join(processes)}.")
    async with opened_move(processes, project_id, target) as move:
        done = None
        if not await move.is_switched():
            await move.prepare()
            await move.copy(tell)
            done = await _switch(move, tell)
            tell(f"switched to {target}; nobody could write for {done.closed_seconds:.1f} s")
        await move.finish(tell)
        return done
