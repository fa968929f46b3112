"""The rows of a moving project: read in the cell `source`, and written in the cell `target`.

In between they are in temporary tables of the target, one for each table: `in_TABLE` has rows that arrive, `keys_TABLE`
the keys of rows that have changed. These end with the target's transaction. A key is a dict of its columns.
"""

from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from citewell.cells.moving.repository.tables import Moved

Connection = AsyncConnection[Any]
Key = dict[str, Any]


async def begin_round(source: Connection, target: Connection) -> None:
    """First statements of the transactions: the source is read as of one moment, and nothing is limited in time."""
    await source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    for connection in (source, target):
        await connection.execute("SET LOCAL statement_timeout = 0")


async def find_upper_key(source: Connection, moved: Moved, last: Key | None, rows: int) -> Key | None:
    """Returns the key of the row that is `rows` after `last`; None if the table has no more rows than that."""
    key = ", ".join(f"'{name}', t.{name}" for name in moved.key)
    found = await source.execute(
        f"SELECT jsonb_build_object({key}) FROM {moved.relation} t WHERE {_range(moved, last, None)}"
        f" ORDER BY {', '.join(f't.{name}' for name in moved.key)} OFFSET {rows - 1} LIMIT 1"
    )
    row = await found.fetchone()
    return row[0] if row is not None else None


async def bring_range(source: Connection, target: Connection, moved: Moved, last: Key | None, upper: Key | None) -> int:
    """Copies the rows after `last` up to `upper` that are not held back to `in_TABLE`. Returns their number."""
    await _make_arriving(target, moved)
    selected = f"SELECT {moved.selected()} FROM {moved.relation} t"
    query = f"{selected} WHERE {_range(moved, last, upper)} AND NOT ({moved.held})"
    return await _stream(source, target, query, f"in_{moved.name}", ", ".join(moved.columns))


async def bring_held(source: Connection, target: Connection, moved: Moved) -> None:
    """Copies the rows that were held back to `in_TABLE`."""
    await _make_arriving(target, moved)
    columns = ", ".join(moved.columns)
    query = f"SELECT {columns} FROM {moved.relation} t WHERE {moved.of_project} AND ({moved.held})"
    await _stream(source, target, query, f"in_{moved.name}", columns)


async def unmask_rows(source: Connection, target: Connection, moved: Moved) -> None:
    """Give masked columns their own values, where they still have what they were masked with."""
    await _make_arriving(target, moved)
    columns = ", ".join(moved.columns)
    query = f"SELECT {columns} FROM {moved.relation} t WHERE {moved.of_project}"
    await _stream(source, target, query, f"in_{moved.name}", columns)
    for name, mask in moved.masks.items():
        await target.execute(
            f"UPDATE {moved.relation} t SET {name} = i.{name} FROM in_{moved.name} i"
            f" WHERE {_same('t', 'i', moved)} AND t.{name} IS NOT DISTINCT FROM {mask}"
        )


async def take_changes(source: Connection, project_id: UUID, names: list[str]) -> list[tuple[str, Key]]:
    """Take (table, key) of each change that was noted in these tables; they are forgotten with the commit."""
    found = await source.execute(
        "DELETE FROM moving_changes WHERE project_id = %s AND table_name = ANY(%s) RETURNING table_name, key",
        [project_id, names],
    )
    return await found.fetchall()


async def find_log_keys(source: Connection, project_id: UUID, turns: list[str]) -> list[Key]:
    """Keys of the logs of turns: they are held back while the turn runs, and do not change when it ends."""
    found = await source.execute(
        "SELECT jsonb_build_object('project_id', project_id, 'turn_id', turn_id, 'first_seq', first_seq)"
        " FROM turn_log WHERE project_id = %s AND turn_id = ANY(%s::uuid[])",
        [project_id, turns],
    )
    return [row[0] for row in await found.fetchall()]


async def bring_changed(source: Connection, target: Connection, moved: Moved, keys: list[Key]) -> None:
    """Copies the keys to `keys_TABLE`, and those of their rows that exist and are not held back to `in_TABLE`."""
    quoted = _quoted(msgspec.json.encode(keys).decode())
    listed = f"jsonb_populate_recordset(NULL::{moved.name}, {quoted}::jsonb) k"
    await _make_arriving(target, moved)
    names = ", ".join(f"k.{name}" for name in moved.key)
    await target.execute(f"DROP TABLE IF EXISTS pg_temp.keys_{moved.name}")
    await target.execute(f"CREATE TEMP TABLE keys_{moved.name} ON COMMIT DROP AS SELECT {names} FROM {listed}")
    query = (
        f"SELECT {moved.selected()} FROM {moved.relation} t JOIN {listed} ON {_same('t', 'k', moved)}"
        f" WHERE NOT ({moved.held})"
    )
    await _stream(source, target, query, f"in_{moved.name}", ", ".join(moved.columns))


async def delete_gone(target: Connection, moved: Moved) -> None:
    """Delete the rows whose keys `bring_changed` brought without a row."""
    await target.execute(
        f"DELETE FROM {moved.relation} t USING keys_{moved.name} k WHERE {_same('t', 'k', moved)}"
        f" AND NOT EXISTS (SELECT FROM in_{moved.name} i WHERE {_same('i', 't', moved)})"
    )


async def delete_arriving(target: Connection, moved: Moved) -> None:
    """Delete the rows that arrive from the project's table, which they are written to next."""
    await target.execute(f"DELETE FROM {moved.relation} t USING in_{moved.name} i WHERE {_same('t', 'i', moved)}")


async def find_arriving(target: Connection, moved: Moved) -> list[str]:
    """Returns the places of the rows that arrive, for `write_rows`."""
    found = await target.execute(f"SELECT ctid::text FROM in_{moved.name}")
    return [row[0] for row in await found.fetchall()]


async def write_rows(target: Connection, moved: Moved, *, place: str | None = None, keep: bool = False) -> None:
    """Write the rows that arrive into the project's table, or only the one at a place.

    `keep`: not over rows that are there. Raises psycopg's UniqueViolation where another row has something unique.
    """
    if not moved.others or moved.is_log or keep:
        action = "NOTHING"
    else:
        action = f"UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in moved.others)}"
    columns = ", ".join(moved.columns)
    rows = f"WHERE ctid = '{place}'::tid" if place is not None else ""
    await target.execute(
        f"INSERT INTO {moved.relation} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns}"
        f" FROM in_{moved.name} {rows} ON CONFLICT ({', '.join(moved.key)}) DO {action}"
    )


async def count_rows(connection: Connection, moved: Moved) -> int:
    """Returns the project's rows of the table, but for those held back."""
    query = f"SELECT count(*) FROM {moved.relation} t WHERE {moved.of_project} AND NOT ({moved.held})"
    found = await connection.execute(query)
    row = await found.fetchone()
    assert row is not None
    return int(row[0])


async def advance_numbers(target: Connection, moved: Moved) -> None:
    """Sets the target's sequence of the table behind the copied rows."""
    for column in moved.numbered:
        sequence = f"pg_get_serial_sequence('{moved.name}', '{column}')"
        highest = f"(SELECT max(t.{column}) FROM {moved.relation} t WHERE {moved.of_project})"
        await target.execute(f"SELECT setval({sequence}, greatest(nextval({sequence}), {highest}))")


async def insert_mark(target: Connection, name: str) -> bool:
    """Set a mark of the cell. False if it was set before."""
    first = await target.execute(
        "INSERT INTO server_marks (name, value) VALUES (%s, '') ON CONFLICT (name) DO NOTHING", [name]
    )
    return first.rowcount != 0


async def delete_mark(target: Connection, name: str) -> None:
    await target.execute("DELETE FROM server_marks WHERE name = %s", [name])


async def copy_accounts_of_widgets(source: Connection, target: Connection, project_id: UUID) -> None:
    """Accounts that live beside their widget, as the home cell does not know them."""
    columns = "id, email, is_superuser, password_hash, deactivated_at, date_joined"
    query = f"SELECT {columns} FROM users WHERE id IN ({_of_widgets(project_id)})"
    await _add_missing(source, target, query, "users", columns)


async def copy_permissions_of_widgets(source: Connection, target: Connection, project_id: UUID) -> None:
    """Copies the permissions of widgets' accounts; the project must exist in the target."""
    columns = "project_id, id, user_id, permissions, profile, granted_by_groups_of, created_at, updated_at"
    theirs = f"project_id = '{project_id}' AND user_id IN ({_of_widgets(project_id)})"
    query = f"SELECT {columns} FROM project_permissions WHERE {theirs}"
    await _add_missing(source, target, query, "project_permissions", columns)


def _of_widgets(project_id: UUID) -> str:
    return f"SELECT user_id FROM widgets WHERE project_id = '{project_id}'"


async def _add_missing(source: Connection, target: Connection, query: str, table: str, columns: str) -> None:
    async with target.transaction():
        await target.execute(f"CREATE TEMP TABLE passed (LIKE {table}) ON COMMIT DROP")
        await _stream(source, target, query, "passed", columns)
        await target.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM passed ON CONFLICT DO NOTHING")


async def _make_arriving(target: Connection, moved: Moved) -> None:
    await target.execute(f"DROP TABLE IF EXISTS pg_temp.in_{moved.name}")
    await target.execute(f"CREATE TEMP TABLE in_{moved.name} (LIKE {moved.name}) ON COMMIT DROP")


async def _stream(source: Connection, target: Connection, query: str, into: str, columns: str) -> int:
    """Copy what the query gives into a temporary table of the target; how many rows."""
    async with (
        source.cursor() as reading,
        target.cursor() as writing,
        reading.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as rows,
        writing.copy(f"COPY {into} ({columns}) FROM STDIN (FORMAT binary)") as copied,
    ):
        async for block in rows:
            await copied.write(block)
    return reading.rowcount


def _range(moved: Moved, last: Key | None, upper: Key | None) -> str:
    parts = [moved.of_project]
    names = ", ".join(f"t.{name}" for name in moved.key)
    for operator, key in ((">", last), ("<=", upper)):
        if key is not None:
            values = ", ".join(f"{_quoted(str(key[name]))}::{moved.kind(name)}" for name in moved.key)
            parts.append(f"({names}) {operator} ({values})")
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    return sql.Literal(text).as_string()


def _same(one: str, other: str, moved: Moved) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in moved.key)
