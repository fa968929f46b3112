"""Copies a project's rows in short rounds, each of one moment, so that none refers to a row that is not there yet.

A round takes what has changed in the tables that were copied, and then some more rows of the next one. How far it has
come is returned; a round that is cut off is done again, which does no harm.
"""

from collections import defaultdict
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.errors import UniqueViolation

from citewell.cells.moving.tables import Moved

Connection = AsyncConnection[Any]
ROWS = 5_000  # of a table in one round


class Progress(msgspec.Struct):
    """`copied` are the tables that are; `table` is being copied, up to the key `last`."""

    copied: list[str] = []
    table: str = ""
    last: dict[str, Any] | None = None


class Copier:
    """From one cell to another; the connections are in autocommit and nobody else's."""

    def __init__(self, source: Connection, target: Connection, tables: list[Moved]) -> None:
        self._source = source
        self._target = target
        self._tables = tables
        self._project = tables[0].project_id

    async def copy_round(self, progress: Progress) -> Progress:
        """One round, of some thousand rows; returns how far it has come."""
        async with self._source.transaction(), self._target.transaction():
            await self._begin()
            copied = list(progress.copied)
            waiting = [moved for moved in self._tables if moved.name not in copied]
            known = copied + [moved.name for moved in waiting[:1]]
            await self._catch_up(known)
            rows = 0
            for moved in waiting:
                last = progress.last if progress.table == moved.name else None
                upper = await self._upper(moved, last)
                rows += await self._copy_range(moved, self._range(moved, last, upper))
                if upper is not None:
                    return Progress(copied, moved.name, upper)
                copied.append(moved.name)
                if rows >= ROWS:
                    break
        return Progress(copied)

    async def _copy_range(self, moved: Moved, condition: str) -> int:
        """Copy the rows that meet the condition and are not held back; how many."""
        await self._make(moved)
        selected = f"SELECT {moved.selected()} FROM {moved.relation} t"
        query = f"{selected} WHERE {condition} AND NOT ({moved.held})"
        rows = await self._stream(query, f"in_{moved.name}", ", ".join(moved.columns))
        if rows:
            await self._write([moved])
        return rows

    async def catch_up(self) -> int:
        """Bring over what has changed, when all tables are copied; how many rows."""
        async with self._source.transaction(), self._target.transaction():
            await self._begin()
            return await self._catch_up([moved.name for moved in self._tables])

    async def bring_held(self) -> None:
        """Bring over what was held back, when the project is in the new cell. What is there already stays.

        Once: people work there from now on, and a move that was killed goes on later.
        """
        async with self._source.transaction(), self._target.transaction():
            await self._begin()
            first = await self._target.execute(
                "INSERT INTO server_marks (name, value) VALUES (%s, '') ON CONFLICT (name) DO NOTHING", [self._brought]
            )
            if first.rowcount == 0:
                return
            for moved in self._tables:
                columns = ", ".join(moved.columns)
                query = f"SELECT {columns} FROM {moved.relation} t WHERE {moved.of_project}"
                if moved.is_held:
                    await self._make(moved)
                    await self._stream(f"{query} AND ({moved.held})", f"in_{moved.name}", columns)
                    await self._write([moved], keep=True)
                if moved.masks:
                    await self._make(moved)
                    await self._stream(query, f"in_{moved.name}", columns)
                    for name, mask in moved.masks.items():
                        await self._target.execute(
                            f"UPDATE {moved.relation} t SET {name} = i.{name} FROM in_{moved.name} i"
                            f" WHERE {_same('t', 'i', moved)} AND t.{name} IS NOT DISTINCT FROM {mask}"
                        )

    async def forget_held(self) -> None:
        """When the move is over: the project may come again."""
        await self._target.execute("DELETE FROM server_marks WHERE name = %s", [self._brought])

    @property
    def _brought(self) -> str:
        return f"brought:{self._project}"

    async def differences(self) -> dict[str, tuple[int, int]]:
        """Tables that have not as many rows in both cells, but for those held back: name to (there, here)."""
        found = {}
        for moved in self._tables:
            if moved.is_log:
                continue
            counts = [await self._count(connection, moved) for connection in (self._source, self._target)]
            if counts[0] != counts[1]:
                found[moved.name] = (counts[0], counts[1])
        return found

    async def advance_numbers(self) -> None:
        """Have the target number its next rows behind those that were copied."""
        for moved in self._tables:
            for column in moved.numbered:
                sequence = f"pg_get_serial_sequence('{moved.name}', '{column}')"
                highest = f"(SELECT max(t.{column}) FROM {moved.relation} t WHERE {moved.of_project})"
                await self._target.execute(f"SELECT setval({sequence}, greatest(nextval({sequence}), {highest}))")

    async def copy_accounts_of_widgets(self) -> None:
        """Accounts that live beside their widget, as the home cell does not know them."""
        columns = "id, email, is_superuser, password_hash, deactivated_at, date_joined"
        await self._pass(f"SELECT {columns} FROM users WHERE id IN ({self._of_widgets})", "users", columns)

    async def copy_permissions_of_widgets(self) -> None:
        """What those accounts may do; the project must be there."""
        columns = "project_id, id, user_id, permissions, profile, granted_by_groups_of, created_at, updated_at"
        theirs = f"project_id = '{self._project}' AND user_id IN ({self._of_widgets})"
        await self._pass(f"SELECT {columns} FROM project_permissions WHERE {theirs}", "project_permissions", columns)

    @property
    def _of_widgets(self) -> str:
        return f"SELECT user_id FROM widgets WHERE project_id = '{self._project}'"

    async def _pass(self, query: str, table: str, columns: str) -> None:
        async with self._target.transaction():
            await self._target.execute(f"CREATE TEMP TABLE passed (LIKE {table}) ON COMMIT DROP")
            await self._stream(query, "passed", columns)
            await self._target.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM passed ON CONFLICT DO NOTHING"
            )

    async def _begin(self) -> None:
        await self._source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for connection in (self._source, self._target):
            await connection.execute("SET LOCAL statement_timeout = 0")

    async def _catch_up(self, names: list[str]) -> int:
        found = await self._source.execute(
            "DELETE FROM moving_changes WHERE project_id = %s AND table_name = ANY(%s) RETURNING table_name, key",
            [self._project, names],
        )
        changed: dict[str, dict[bytes, dict[str, Any]]] = defaultdict(dict)
        for name, key in await found.fetchall():
            changed[name][msgspec.json.encode(key)] = key
        if "turns" in changed and "turn_log" in names:
            for key in await self._logs_of([key["id"] for key in changed["turns"].values()]):
                changed["turn_log"][msgspec.json.encode(key)] = key
        tables = [moved for moved in self._tables if moved.name in changed]
        for moved in tables:
            await self._bring_changed(moved, msgspec.json.encode(list(changed[moved.name].values())).decode())
        for moved in reversed([moved for moved in tables if not moved.is_log]):
            await self._target.execute(
                f"DELETE FROM {moved.relation} t USING keys_{moved.name} k WHERE {_same('t', 'k', moved)}"
                f" AND NOT EXISTS (SELECT FROM in_{moved.name} i WHERE {_same('i', 't', moved)})"
            )
        await self._write(tables)
        return sum(len(keys) for keys in changed.values())

    async def _logs_of(self, turns: list[str]) -> list[dict[str, Any]]:
        """Keys of the logs of turns: they are held back while the turn runs, and do not change when it ends."""
        found = await self._source.execute(
            "SELECT jsonb_build_object('project_id', project_id, 'turn_id', turn_id, 'first_seq', first_seq)"
            " FROM turn_log WHERE project_id = %s AND turn_id = ANY(%s::uuid[])",
            [self._project, turns],
        )
        return [row[0] for row in await found.fetchall()]

    async def _bring_changed(self, moved: Moved, keys: str) -> None:
        """Put the keys, and those of their rows that may be there, into temporary tables of the target."""
        listed = f"jsonb_populate_recordset(NULL::{moved.name}, {_quoted(keys)}::jsonb) k"
        await self._make(moved)
        names = ", ".join(f"k.{name}" for name in moved.key)
        await self._target.execute(f"DROP TABLE IF EXISTS pg_temp.keys_{moved.name}")
        await self._target.execute(
            f"CREATE TEMP TABLE keys_{moved.name} ON COMMIT DROP AS SELECT {names} FROM {listed}"
        )
        query = (
            f"SELECT {moved.selected()} FROM {moved.relation} t JOIN {listed} ON {_same('t', 'k', moved)}"
            f" WHERE NOT ({moved.held})"
        )
        await self._stream(query, f"in_{moved.name}", ", ".join(moved.columns))

    async def _upper(self, moved: Moved, last: dict[str, Any] | None) -> dict[str, Any] | None:
        """The key up to which one round goes; None where the rest of the table is not more than that."""
        key = ", ".join(f"'{name}', t.{name}" for name in moved.key)
        found = await self._source.execute(
            f"SELECT jsonb_build_object({key}) FROM {moved.relation} t WHERE {self._range(moved, last, None)}"
            f" ORDER BY {', '.join(f't.{name}' for name in moved.key)} OFFSET {ROWS - 1} LIMIT 1"
        )
        row = await found.fetchone()
        return row[0] if row is not None else None

    def _range(self, moved: Moved, last: dict[str, Any] | None, upper: dict[str, Any] | None) -> str:
        parts = [moved.of_project]
        names = ", ".join(f"t.{name}" for name in moved.key)
        for operator, key in ((">", last), ("<=", upper)):
            if key is not None:
                values = ", ".join(f"{_quoted(str(key[name]))}::{moved.kind(name)}" for name in moved.key)
                parts.append(f"({names}) {operator} ({values})")
        return " AND ".join(parts)

    async def _make(self, moved: Moved) -> None:
        await self._target.execute(f"DROP TABLE IF EXISTS pg_temp.in_{moved.name}")
        await self._target.execute(f"CREATE TEMP TABLE in_{moved.name} (LIKE {moved.name}) ON COMMIT DROP")

    async def _stream(self, query: str, into: str, columns: str) -> int:
        """Copy what the query gives into a temporary table of the target; how many rows."""
        async with (
            self._source.cursor() as reading,
            self._target.cursor() as writing,
            reading.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as rows,
            writing.copy(f"COPY {into} ({columns}) FROM STDIN (FORMAT binary)") as copied,
        ):
            async for block in rows:
                await copied.write(block)
        return reading.rowcount

    async def _write(self, tables: list[Moved], *, keep: bool = False) -> None:
        """From the temporary tables into those of the project; `keep`: not over rows that are there."""
        for moved in tables:
            if not moved.others or moved.is_log or keep:
                action = "NOTHING"
            else:
                action = f"UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in moved.others)}"
            columns = ", ".join(moved.columns)
            if moved.name == "passages":  # the text index follows rows that come and go, not those that change
                await self._target.execute(
                    f"DELETE FROM {moved.relation} t USING in_{moved.name} i WHERE {_same('t', 'i', moved)}"
                )
            insert = (
                f"INSERT INTO {moved.relation} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns}"
                f" FROM in_{moved.name} {{rows}} ON CONFLICT ({', '.join(moved.key)}) DO {action}"
            )
            try:
                async with self._target.transaction():
                    await self._target.execute(insert.format(rows=""))
            except UniqueViolation:
                await self._write_one_by_one(moved, insert)

    async def _write_one_by_one(self, moved: Moved, insert: str) -> None:
        """Rows that have exchanged something unique: each when it can be written, in as many rounds as that takes."""
        found = await self._target.execute(f"SELECT ctid::text FROM in_{moved.name}")
        waiting = [row[0] for row in await found.fetchall()]
        while waiting:
            left = []
            for row in waiting:
                try:
                    async with self._target.transaction():
                        await self._target.execute(insert.format(rows=f"WHERE ctid = '{row}'::tid"))
                except UniqueViolation:
                    left.append(row)
                    problem = row
            if len(left) == len(waiting):
                await self._target.execute(insert.format(rows=f"WHERE ctid = '{problem}'::tid"))  # raises
            waiting = left

    async def _count(self, connection: Connection, moved: Moved) -> int:
        query = f"SELECT count(*) FROM {moved.relation} t WHERE {moved.of_project} AND NOT ({moved.held})"
        found = await connection.execute(query)
        row = await found.fetchone()
        assert row is not None
        return int(row[0])


def _quoted(text: str) -> str:
    return sql.Literal(text).as_string()


def _same(one: str, other: str, moved: Moved) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in moved.key)
