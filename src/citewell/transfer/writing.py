"""Writes a project into one file."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell import __version__
from citewell.db.migrate import newest_revision
from citewell.errors import NotFound
from citewell.kit.time import now
from citewell.resources import Resources
from citewell.storage import document_prefix
from citewell.transfer.repository import exporting as repository
from citewell.transfer.repository.tables import CLEARED, TakenTable, tables

FORMAT = 1


class About(msgspec.Struct, forbid_unknown_fields=True):
    """`project.json`. `rows` are counts by table; `schema` is the database's revision."""

    format: int
    citewell: str
    schema: str
    project: UUID
    name: str
    exported_at: str
    rows: dict[str, int]
    files: int
    files_bytes: int


async def write_project(resources: Resources, project_id: UUID, target: Path) -> About:
    """Write the file, by way of `<name>.partial`. Rows are of one moment. Raises NotFound, OSError.

    The caller holds deletions of files (`db.file_hold.holding_files`).
    """
    partial = target.with_name(f"{target.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            async with _snapshot(resources) as connection:
                about = await _write_rows(connection, project_id, archive)
                left_out = await repository.list_documents_left_out(connection, project_id)
                skipped = [f"{document_prefix(project_id, one)}/" for one in left_out]
            await _write_files(resources, project_id, archive, about, tuple(skipped))
            archive.writestr("project.json", msgspec.json.format(msgspec.json.encode(about), indent=1))
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return about


@asynccontextmanager
async def _snapshot(resources: Resources) -> AsyncIterator[AsyncConnection]:
    async with resources.database.write() as session:
        yield await repository.begin_snapshot(session)


async def _write_rows(connection: AsyncConnection, project_id: UUID, archive: zipfile.ZipFile) -> About:
    name = await repository.find_project_name(connection, project_id)
    if name is None:
        raise NotFound("There is no such project.")
    users, counts = set[str](), dict[str, int]()
    for table in tables():
        with archive.open(f"rows/{table.name}.jsonl", "w", force_zip64=True) as out:
            counts[table.name] = await _write_table(connection, project_id, table, out, users)
    rows = await repository.list_users(connection, users)
    lines = [msgspec.json.encode({"id": row.id, "email": row.email}) + b"\n" for row in rows]
    archive.writestr("users.jsonl", b"".join(lines))
    at = now().isoformat()
    return About(FORMAT, __version__, newest_revision(), project_id, name, at, counts, 0, 0)


async def _write_table(
    connection: AsyncConnection, project_id: UUID, table: TakenTable, out: Any, users: set[str]
) -> int:
    """Write the rows, and add the users that they name; returns how many rows there are."""
    count = 0
    async for row in repository.read_rows(connection, project_id, table):
        users.update(str(row[column]) for column in table.user_columns if row[column] is not None)
        for column in CLEARED.get(table.name, ()):
            row[column] = None
        out.write(msgspec.json.encode(row) + b"\n")
        count += 1
    return count


async def _write_files(
    resources: Resources, project_id: UUID, archive: zipfile.ZipFile, about: About, skipped: tuple[str, ...]
) -> None:
    """The files in the order in which the store lists them, without those below a `skipped` prefix; what is compressed
    already is stored as it is."""
    listed = io.BytesIO()
    async for batch in resources.files.list(str(project_id)):
        for item in batch:
            if item.key.startswith(skipped):
                continue
            member = zipfile.ZipInfo(f"files/{about.files}")
            with archive.open(member, "w", force_zip64=True) as out:
                async for piece in await resources.files.open(item.key):
                    out.write(piece)
            listed.write(msgspec.json.encode({"key": item.key, "size": item.size}) + b"\n")
            about.files, about.files_bytes = about.files + 1, about.files_bytes + item.size
    archive.writestr("files.jsonl", listed.getvalue())
