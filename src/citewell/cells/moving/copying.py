"""Copies a project's rows in short rounds, each of one moment, so that none refers to a row that is not there yet.

A round takes what has changed in the tables that were copied, and then some more rows of the next one. How far it has
come is returned; a round that is cut off is done again, which does no harm.
"""

from collections import defaultdict
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from citewell.cells.moving.repository import rows
from citewell.cells.moving.repository.rows import Key
from citewell.cells.moving.repository.tables import Moved

Connection = AsyncConnection[Any]
ROWS = 5_000  # of a table in one round


class Progress(msgspec.Struct):
    """`copied` are the tables that are; `table` is being copied, up to the key `last`."""

    copied: list[str] = []
    table: str = ""
    last: Key | None = None


class Copier:
    """Copies rows from one cell to another. Both connections are in autocommit and not shared."""

    def __init__(self, source: Connection, target: Connection, tables: list[Moved]) -> None:
        self._source = source
        self._target = target
        self._tables = tables
        self._project = tables[0].project_id

    async def copy_round(self, progress: Progress) -> Progress:
        """Copies one round of some thousand rows. Returns the progress."""
        async with self._source.transaction(), self._target.transaction():
            await rows.begin_round(self._source, self._target)
            copied = list(progress.copied)
            waiting = [moved for moved in self._tables if moved.name not in copied]
            known = copied + [moved.name for moved in waiting[:1]]
            await self._catch_up(known)
            count = 0
            for moved in waiting:
                last = progress.last if progress.table == moved.name else None
                upper = await rows.find_upper_key(self._source, moved, last, ROWS)
                count += await self._copy_range(moved, last, upper)
                if upper is not None:
                    return Progress(copied, moved.name, upper)
                copied.append(moved.name)
                if count >= ROWS:
                    break
        return Progress(copied)

    async def _copy_range(self, moved: Moved, last: Key | None, upper: Key | None) -> int:
        """Copy the rows between the keys that are not held back; how many."""
        count = await rows.bring_range(self._source, self._target, moved, last, upper)
        if count:
            await self._write(moved)
        return count

    async def catch_up(self) -> int:
        """Copies what was noted as changed since the last round or catching up. Returns the number of rows.

        Call it when all tables are copied.
        """
        async with self._source.transaction(), self._target.transaction():
            await rows.begin_round(self._source, self._target)
            return await self._catch_up([moved.name for moved in self._tables])

    async def bring_held(self) -> None:
        """Copies the rows that were held back, once the project is in the new cell.

        Rows that exist there stay as they are. It runs once: people work in the new cell from then on, and a move that
        was killed continues later.
        """
        async with self._source.transaction(), self._target.transaction():
            await rows.begin_round(self._source, self._target)
            if not await rows.insert_mark(self._target, self._brought):
                return
            for moved in self._tables:
                if moved.is_held:
                    await rows.bring_held(self._source, self._target, moved)
                    await self._write(moved, keep=True)
                if moved.masks:
                    await rows.unmask_rows(self._source, self._target, moved)

    async def forget_held(self) -> None:
        """When the move is over: the project may come again."""
        await rows.delete_mark(self._target, self._brought)

    @property
    def _brought(self) -> str:
        return f"brought:{self._project}"

    async def differences(self) -> dict[str, tuple[int, int]]:
        """Tables that have not as many rows in both cells, but for those held back: name to (there, here)."""
        found = {}
        for moved in self._tables:
            if moved.is_log:
                continue
            counts = [await rows.count_rows(connection, moved) for connection in (self._source, self._target)]
            if counts[0] != counts[1]:
                found[moved.name] = (counts[0], counts[1])
        return found

    async def advance_numbers(self) -> None:
        """Sets the target's sequences behind the copied rows."""
        for moved in self._tables:
            await rows.advance_numbers(self._target, moved)

    async def copy_accounts_of_widgets(self) -> None:
        """Accounts that live beside their widget, as the home cell does not know them."""
        await rows.copy_accounts_of_widgets(self._source, self._target, self._project)

    async def copy_permissions_of_widgets(self) -> None:
        """Copies the permissions of widgets' accounts; the project must exist in the target."""
        await rows.copy_permissions_of_widgets(self._source, self._target, self._project)

    async def _catch_up(self, names: list[str]) -> int:
        changed: dict[str, dict[bytes, Key]] = defaultdict(dict)
        for name, key in await rows.take_changes(self._source, self._project, names):
            changed[name][msgspec.json.encode(key)] = key
        if "turns" in changed and "turn_log" in names:
            turns = [key["id"] for key in changed["turns"].values()]
            for key in await rows.find_log_keys(self._source, self._project, turns):
                changed["turn_log"][msgspec.json.encode(key)] = key
        tables = [moved for moved in self._tables if moved.name in changed]
        for moved in tables:
            await rows.bring_changed(self._source, self._target, moved, list(changed[moved.name].values()))
        for moved in reversed([moved for moved in tables if not moved.is_log]):
            await rows.delete_gone(self._target, moved)
        for moved in tables:
            await self._write(moved)
        return sum(len(keys) for keys in changed.values())

    async def _write(self, moved: Moved, *, keep: bool = False) -> None:
        """Write the rows that arrived into the project's table; `keep`: not over rows that are there."""
        if moved.name == "passages":  # the text index follows rows that come and go, not those that change
            await rows.delete_arriving(self._target, moved)
        try:
            async with self._target.transaction():
                await rows.write_rows(self._target, moved, keep=keep)
        except UniqueViolation:
            await self._write_one_by_one(moved, keep=keep)

    async def _write_one_by_one(self, moved: Moved, *, keep: bool) -> None:
        """Rows that have exchanged something unique: each when it can be written, in as many rounds as that takes."""
        waiting = await rows.find_arriving(self._target, moved)
        while waiting:
            left = []
            for place in waiting:
                try:
                    async with self._target.transaction():
                        await rows.write_rows(self._target, moved, place=place, keep=keep)
                except UniqueViolation:
                    left.append(place)
                    problem = place
            if len(left) == len(waiting):
                await rows.write_rows(self._target, moved, place=problem, keep=keep)  # raises
            waiting = left
