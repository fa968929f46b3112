"""The rows of tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import TableRow, TableVersion
from citewell.tables.columns import StoredRow
from citewell.tables.row_filter import RowFilter

# Rows are sent as one JSON text: encoding 10,000 texts as arrays takes the driver longer than storing them the server.
_INSERT = text(
    "INSERT INTO table_rows (project_id, version_id, position, row_id, document_id, chunk_id, data)"
    " SELECT :project, :version, :first + n - 1, one ->> 0, one ->> 1, one ->> 2, one -> 3"
    " FROM jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS rows (one, n)"
)
_INSERTED_BYTES = 64 * 1024 * 1024  # of one statement: a jsonb value has 256 MB at most
_ROWS = "FROM table_rows WHERE project_id = :project AND version_id = :version"
# Merges the JSON object `c.data` into the row `r`: its data without nulls, and the columns that repeat a key of it.
_KEYS = ", ".join(
    f"{key} = CASE WHEN jsonb_exists(c.data, '{key}') THEN c.data ->> '{key}' ELSE r.{key} END"
    for key in ("document_id", "chunk_id")
)
_WITHOUT_NULLS = "SELECT jsonb_object_agg(key, value) FROM jsonb_each(r.data || c.data) WHERE value <> 'null'"
_MERGED = f"data = coalesce(({_WITHOUT_NULLS}), '{{}}'), {_KEYS}"


async def insert_rows(session: AsyncSession, version: TableVersion, rows: Sequence[StoredRow]) -> None:
    """Append rows. The version must be locked (`find_version`)."""
    if not rows:
        return
    for some in _portions([_as_json(row) for row in rows]):
        parameters = {
            "project": version.project_id,
            "version": version.id,
            "first": version.next_position,
            "rows": f"[{','.join(some)}]",
        }
        await session.execute(_INSERT, parameters)
        version.next_position += len(some)
        version.row_count += len(some)


async def copy_other_rows(
    session: AsyncSession, source: TableVersion, target: TableVersion, documents: Sequence[UUID]
) -> None:
    """Append the rows of another version that are of none of these documents. The target must be locked or new."""
    statement = text(
        "INSERT INTO table_rows (project_id, version_id, position, row_id, document_id, chunk_id, data)"
        " SELECT project_id, :target, :first + row_number() OVER (ORDER BY position) - 1, row_id, document_id,"
        " chunk_id, data FROM table_rows WHERE project_id = :project AND version_id = :source"
        " AND document_id IS NOT NULL AND document_id <> ALL(CAST(:documents AS text[]))"
    )
    parameters = {
        "project": target.project_id,
        "source": source.id,
        "target": target.id,
        "first": target.next_position,
        "documents": [str(one) for one in documents],
    }
    copied = await _affected(session, statement, parameters)
    target.next_position += copied
    target.row_count += copied


def _as_json(row: StoredRow) -> str:
    keys = msgspec.json.encode([row.row_id, row.document_id, row.chunk_id]).decode()
    return f"{keys[:-1]},{row.data}]"


def _portions(rows: Sequence[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for row in rows:
        if portion and size + len(row) > _INSERTED_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += len(row)
    yield portion


async def read_rows(
    session: AsyncSession, version: TableVersion, wanted: RowFilter, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """Returns how many rows pass the filter, and `limit` of them in the order in which they were written."""
    parameters = {"project": version.project_id, "version": version.id, "limit": limit, "offset": offset}
    if not wanted.conditions:
        # If no row was deleted, its ordinal is its position in the list. Then any page costs as much as the first one.
        skip = "AND position >= :offset ORDER BY position LIMIT :limit"
        rest = skip if version.dense else "ORDER BY position LIMIT :limit OFFSET :offset"
        rows = list(await session.scalars(text(f"SELECT data {_ROWS} {rest}"), parameters))
        return version.row_count, rows
    condition = wanted.where()
    parameters |= wanted.parameters
    page = text(f"SELECT data {_ROWS} AND {condition} ORDER BY position LIMIT :limit OFFSET :offset")
    rows = list(await session.scalars(page, parameters))
    if len(rows) < limit and (rows or not offset):
        return offset + len(rows), rows
    counted = await session.scalar(text(f"SELECT count(*) {_ROWS} AND {condition}"), parameters)
    return counted or 0, rows


async def all_data(session: AsyncSession, version: TableVersion) -> list[dict[str, Any]]:
    """Returns the data of all rows, in the order in which they were written."""
    mine = (TableRow.project_id == version.project_id) & (TableRow.version_id == version.id)
    return list(await session.scalars(select(TableRow.data).where(mine).order_by(TableRow.position)))


async def rows_by_id(session: AsyncSession, version: TableVersion, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    query = select(TableRow.row_id, TableRow.data).where(
        TableRow.project_id == version.project_id, TableRow.version_id == version.id, TableRow.row_id.in_(ids)
    )
    return {row.row_id: row.data for row in await session.execute(query)}


async def update_rows(session: AsyncSession, version: TableVersion, changes: Mapping[str, str]) -> int:
    """Merge each change, a JSON object, into the rows of its id; null removes a value. Returns how many changed."""
    statement = text(
        f"UPDATE table_rows AS r SET {_MERGED}"  # noqa: S608
        " FROM unnest(CAST(:ids AS text[]), CAST(:data AS jsonb[])) AS c (id, data)"
        " WHERE r.project_id = :project AND r.version_id = :version AND r.row_id = c.id"
    )
    parameters = {
        "project": version.project_id,
        "version": version.id,
        "ids": list(changes),
        "data": list(changes.values()),
    }
    return await _affected(session, statement, parameters)


async def update_matching(session: AsyncSession, version: TableVersion, wanted: RowFilter, change: str) -> int:
    """Merge one change into every row that passes the filter. Returns how many rows changed."""
    statement = text(
        f"UPDATE table_rows AS r SET {_MERGED} FROM (SELECT CAST(:change AS jsonb) AS data) AS c"  # noqa: S608
        f" WHERE r.project_id = :project AND r.version_id = :version AND r.position IN"
        f" (SELECT position {_ROWS} AND {wanted.where()})"
    )
    parameters = {"project": version.project_id, "version": version.id, "change": change, **wanted.parameters}
    return await _affected(session, statement, parameters)


async def delete_rows(session: AsyncSession, version: TableVersion, wanted: RowFilter) -> int:
    """Delete rows; returns their number. The version must be locked."""
    statement = text(f"DELETE {_ROWS} AND {wanted.where()}")
    parameters = {"project": version.project_id, "version": version.id, **wanted.parameters}
    deleted = await _affected(session, statement, parameters)
    version.row_count -= deleted
    version.dense = version.dense and not deleted
    return deleted


async def clear_version(session: AsyncSession, version: TableVersion) -> int:
    """Empty the version, which must be locked. Returns how many rows it had."""
    had = version.row_count
    mine = (TableRow.project_id == version.project_id) & (TableRow.version_id == version.id)
    await session.execute(delete(TableRow).where(mine))
    version.row_count, version.next_position, version.dense = 0, 0, True
    return had


async def _affected(session: AsyncSession, statement: Any, parameters: Mapping[str, Any]) -> int:
    result: Any = await session.execute(statement, parameters)
    return int(result.rowcount)
