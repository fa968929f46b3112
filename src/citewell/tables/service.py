"""The rules of tables and their versions, and the four operations on their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.actions import Action
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.models import KnowledgeTable, TableVersion
from citewell.tables.columns import ColumnType, checked_rows, checked_values
from citewell.tables.corrections import OBJECT, marked
from citewell.tables.document_tags import forget_table, publish_document_tags
from citewell.tables.live import LIVE_TABLES, read_live
from citewell.tables.repository.rows import (
    clear_version,
    delete_rows,
    insert_rows,
    read_rows,
    rows_by_id,
    update_matching,
    update_rows,
)
from citewell.tables.repository.tables import (
    add_version,
    deploy_version,
    document_names,
    lock_tables,
    newest_version,
    table_named,
    tables_of_versions,
)
from citewell.tables.row_filter import RowFilter, row_filter
from citewell.tables.schemas import DataOperation, TableCreate

MAX_READ = 10_000
MAX_EXPORTED = 20_000
_MAX_READ_BYTES = 32 * 1024 * 1024  # of one answer, which has at least one row
_READ_AT_ONCE = 1000  # rows
_NO_VERSION = "There is no such version of this table: GET versions/ lists those that there are."
_MAX_TOLD = 20_000  # tags of documents that are written anew with each change


async def create_table(session: AsyncSession, access: Access, request: TableCreate) -> KnowledgeTable:
    """Create a table, or return the one with that name: clients create the tables of their extractors repeatedly."""
    await lock_tables(session, access.project_id)
    found = await table_named(session, access.project_id, request.name)
    if found is not None:
        return found
    table = KnowledgeTable(
        project_id=access.project_id,
        name=request.name,
        columns=[column.model_dump() for column in request.columns],
        object_type=request.object_type,
        object_metadata=request.object_metadata or {},
        dependencies=_as_json(request.table_version_dependencies or {}),
    )
    session.add(table)
    await session.flush()  # which gives it its id
    session.add(entry_of(access, "table_created", "table", table.id, name=request.name))
    await session.refresh(table)
    return table


async def delete_table(session: AsyncSession, access: Access, table_id: UUID) -> None:
    """Delete the table with its versions and rows. Raises NotFound, or BadRequest for a table of every project."""
    table = await find_table(session, access.project_id, table_id)
    if table.name in LIVE_TABLES:
        raise BadRequest(f'Every project has the table "{table.name}": it is computed from the documents.')
    session.add(entry_of(access, "table_deleted", "table", table.id, name=table.name))
    await forget_table(session, table)
    await session.delete(table)


async def find_table(session: AsyncSession, project_id: UUID, table_id: UUID) -> KnowledgeTable:
    """Returns the table. Raises NotFound."""
    found = await session.get(KnowledgeTable, (project_id, table_id))
    if found is None:
        raise NotFound("There is no such table in this project.")
    return found


async def find_version(
    session: AsyncSession, project_id: UUID, version_id: UUID, table_id: UUID | None = None, *, lock: bool = False
) -> TableVersion:
    """Returns the version, of this table if one is named.

    `lock` makes writers of its rows wait for each other. Raises NotFound.
    """
    found = await session.get(TableVersion, (project_id, version_id), with_for_update=lock or None)
    if found is None or (table_id is not None and found.table_id != table_id):
        raise NotFound("There is no such version of a table in this project." if table_id is None else _NO_VERSION)
    return found


async def create_version(session: AsyncSession, access: Access, table_id: UUID) -> TableVersion:
    table = await find_table(session, access.project_id, table_id)
    return await add_version(session, table)


async def chosen_version(session: AsyncSession, project_id: UUID, table_id: UUID, *, deployed: bool) -> TableVersion:
    """Returns the newest version; with `deployed`, the deployed one where there is one. Raises NotFound."""
    table = await find_table(session, project_id, table_id)
    found = await newest_version(session, project_id, table.id, deployed_first=deployed)
    if found is None:
        raise NotFound(f'The table "{table.name}" has no version yet: POST versions/ makes one.')
    return found


async def deploy(session: AsyncSession, access: Access, table_id: UUID, version_id: UUID) -> TableVersion:
    """Deploy a version of a table. Raises NotFound, and InvalidFields for a version of another table."""
    table = await find_table(session, access.project_id, table_id)
    version = await _version_of(session, table, version_id, "version_id")
    await deploy_version(session, version)
    await publish_document_tags(session, table, version)
    session.add(entry_of(access, "table_version_deployed", "table", table_id, version=version.number))
    await session.flush()
    await session.refresh(version)
    return version


async def set_dependencies(
    session: AsyncSession, access: Access, version_id: UUID, dependencies: Mapping[str, UUID | None]
) -> TableVersion:
    """Say which versions of other tables the rows refer to. Raises NotFound, and InvalidFields for a version that is
    not one of the table beside it. Imports name tables and versions of the store that they come from: these pass."""
    version = await find_version(session, access.project_id, version_id)
    owners = await tables_of_versions(session, access.project_id, dependencies.values())
    for name, wanted in dependencies.items():
        owner = owners.get(wanted) if wanted else None
        if owner not in (None, name) and await table_named(session, access.project_id, name) is not None:
            place = f"table_version_dependencies.{name}"
            raise InvalidFields({place: [f'This is a version of the table "{owner}", not of "{name}".']})
    version.dependencies = _as_json(dependencies)
    await session.flush()
    await session.refresh(version)
    return version


async def clear_table(session: AsyncSession, access: Access, name: str, version_id: UUID | None) -> int:
    """Empty a version, the newest if none is named. Returns how many rows it had.

    Raises NotFound, BadRequest, and InvalidFields for a version of another table.
    """
    table = await table_named(session, access.project_id, name)
    if table is None:
        raise NotFound(f'There is no table named "{name}" in this project.')
    version = await _writable(session, table, version_id, field="version_id")
    deleted = await clear_version(session, version)
    await _tell_tags(session, table, version)
    session.add(entry_of(access, "table_cleared", "table", table.id, version=version.number, rows=deleted))
    return deleted


async def run_operation(session: AsyncSession, access: Access, table_id: UUID, wanted: DataOperation) -> dict[str, Any]:
    """Returns the answer to a data operation, as it stands on the wire. Raises NotFound, BadRequest, InvalidFields."""
    table = await find_table(session, access.project_id, table_id)
    if wanted.operation == "read":
        result = await _read(session, table, wanted)
        return {"result": result, "data": result["results"], "count": result["count"], "success": True}
    version = await _writable(session, table, wanted.table_version_id, make=wanted.operation == "create")
    count = await _WRITERS[wanted.operation](session, table, version, wanted)
    await _tell_tags(session, table, version)
    detail = {"version": version.number, "rows": count}
    session.add(entry_of(access, _ACTIONS[wanted.operation], "table", table.id, **detail))
    return {"result": {_DONE[wanted.operation]: count}, "data": [], "count": count, "success": True}


async def _tell_tags(session: AsyncSession, table: KnowledgeTable, version: TableVersion) -> None:
    """Lists and filters follow a change of deployed tags of documents; of very many, when they are pushed."""
    if version.deployed and version.row_count <= _MAX_TOLD:
        await session.flush()
        await publish_document_tags(session, table, version)


@dataclass(frozen=True)
class Exported:
    """The rows of a version, and the names of their documents by id."""

    name: str
    columns: list[str]
    rows: list[dict[str, Any]]
    documents: dict[UUID, str]


async def export(session: AsyncSession, project_id: UUID, table_id: UUID, version_id: UUID | None) -> Exported:
    """Returns the rows of a version, the newest if none is named.

    Raises NotFound, or BadRequest if they are too many.
    """
    table = await find_table(session, project_id, table_id)
    wanted = DataOperation(operation="read", table_version_id=version_id)
    rows: list[dict[str, Any]] = []
    more = True
    while more:
        result = await _read(session, table, wanted.model_copy(update={"offset": len(rows)}))
        if result["count"] > MAX_EXPORTED:
            raise BadRequest(f"A file has at most {MAX_EXPORTED:,} rows: read the table with data-operations instead.")
        rows += result["results"]
        more = bool(result["has_next"]) and bool(result["results"])
    ids = {UUID(str(row["document_id"])) for row in rows if row.get("document_id")}
    return Exported(table.name, list(types_of(table)), rows, await document_names(session, project_id, ids))


def types_of(table: KnowledgeTable) -> dict[str, ColumnType]:
    """Returns the types of the table's columns. `id`, which every row has, is text unless the table says otherwise."""
    types: dict[str, ColumnType] = {"id": "text"}
    return types | {column["name"]: column["type"] for column in table.columns}


async def _read(session: AsyncSession, table: KnowledgeTable, wanted: DataOperation) -> dict[str, Any]:
    limit, offset = min(wanted.limit or MAX_READ, MAX_READ), wanted.offset or 0
    version = await _named_or_newest(session, table, wanted.table_version_id)
    if version.live if version is not None else table.name in LIVE_TABLES:
        count, rows = await read_live(session, table, wanted.columns, wanted.filters or {}, limit, offset)
    else:
        types = types_of(table)
        names = _projection(table, wanted.columns, types)
        wanted_rows = row_filter(wanted.filters or {}, types)
        count, rows = 0, list[dict[str, Any]]()
        if version is not None:
            count, rows = await _read_stored(session, version, wanted_rows, names, limit, offset)
    return {"results": rows, "count": count, "has_next": offset + len(rows) < count}


async def _read_stored(
    session: AsyncSession, version: TableVersion, wanted: RowFilter, names: Sequence[str], limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """Returns the page, ended early where its rows are large."""
    rows: list[dict[str, Any]] = []
    size = 0
    while True:
        batch = min(_READ_AT_ONCE, limit - len(rows))
        count, found = await read_rows(session, version, wanted, batch, offset + len(rows))
        for row in found:
            size += len(msgspec.json.encode(row))
            if rows and size > _MAX_READ_BYTES:
                return count, rows
            rows.append({name: row.get(name) for name in names})
        if len(found) < batch or len(rows) >= limit:
            return count, rows


def _projection(table: KnowledgeTable, wanted: Sequence[str] | None, types: Mapping[str, ColumnType]) -> list[str]:
    names = list(dict.fromkeys(wanted)) if wanted else list(types)
    if unknown := [name for name in names if name not in types]:
        known = ", ".join(types)
        raise InvalidFields({"columns": [f'"{unknown[0][:100]}": the table "{table.name}" has {known}.']})
    return names


async def _named_or_newest(
    session: AsyncSession, table: KnowledgeTable, version_id: UUID | None, field: str = "table_version_id"
) -> TableVersion | None:
    if version_id is not None:
        return await _version_of(session, table, version_id, field)
    return await newest_version(session, table.project_id, table.id)


async def _version_of(session: AsyncSession, table: KnowledgeTable, version_id: UUID, field: str) -> TableVersion:
    """Returns the version that a body names in `field`. Raises InvalidFields that names the field."""
    try:
        return await find_version(session, table.project_id, version_id, table.id)
    except NotFound as error:
        raise InvalidFields({field: [error.message]}) from None


async def _writable(
    session: AsyncSession,
    table: KnowledgeTable,
    version_id: UUID | None,
    *,
    make: bool = False,
    field: str = "table_version_id",
) -> TableVersion:
    """Returns the version, locked for writing; with `make`, a first one where the table has none."""
    found = await _named_or_newest(session, table, version_id, field)
    if found is None and make:
        found = await add_version(session, table)
    if found is None:
        raise NotFound(f'The table "{table.name}" has no version yet: POST versions/ makes one.')
    if found.live:
        raise BadRequest(
            f'This version of "{table.name}" is computed from the documents and can only be read: upload, reprocess or '
            "delete documents to change it, or POST versions/ to make a version of your own."
        )
    await session.refresh(found, with_for_update=True)
    return found


async def _create(session: AsyncSession, table: KnowledgeTable, version: TableVersion, wanted: DataOperation) -> int:
    if wanted.data is None:
        raise InvalidFields({"data": ["create takes a list of rows."]})
    rows = checked_rows(wanted.data, types_of(table))
    if wanted.override:
        await clear_version(session, version)
    await insert_rows(session, version, rows)
    return len(rows)


async def _update(session: AsyncSession, table: KnowledgeTable, version: TableVersion, wanted: DataOperation) -> int:
    if wanted.data is None:
        raise InvalidFields({"data": ["update takes rows, each with its id; or filters and one partial row."]})
    types = types_of(table)
    if wanted.filters:
        if len(wanted.data) != 1 or "id" in wanted.data[0]:
            raise InvalidFields({"data": ["With filters, data is one partial row without an id."]})
        change = msgspec.json.encode(checked_values(wanted.data[0], types, "data[0]")).decode()
        return await update_matching(session, version, row_filter(wanted.filters, types), change)
    changes: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(wanted.data):
        if row.get("id") is None:
            raise InvalidFields({f"data[{number}].id": ["Each row to update needs its id."]})
        changes.setdefault(str(row["id"]), {}).update(checked_values(row, types, f"data[{number}]"))
    if corrected := [key for key, change in changes.items() if OBJECT in change]:
        for row_id, row in (await rows_by_id(session, version, corrected)).items():
            changes[row_id] = marked(row, changes[row_id])
    encoded = {key: msgspec.json.encode(change).decode() for key, change in changes.items()}
    return await update_rows(session, version, encoded)


async def _delete(session: AsyncSession, table: KnowledgeTable, version: TableVersion, wanted: DataOperation) -> int:
    if not wanted.filters:
        raise InvalidFields({"filters": ["delete takes filters; POST clear-table/ empties a whole version."]})
    return await delete_rows(session, version, row_filter(wanted.filters, types_of(table)))


_WRITERS = {"create": _create, "update": _update, "delete": _delete}
_ACTIONS: dict[str, Action] = {"create": "rows_created", "update": "rows_updated", "delete": "rows_deleted"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}


def _as_json(dependencies: Mapping[str, UUID | None]) -> dict[str, Any]:
    return {name: None if version is None else str(version) for name, version in dependencies.items()}
