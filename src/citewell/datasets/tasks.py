"""Background work of datasets: moving rows, and removing what has expired."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import procrastinate

from citewell.datasets.repository import delete_expired
from citewell.datasets.service import FILE_GONE, NO_ROWS, TOO_DEEP
from citewell.errors import BadRequest, CitewellError
from citewell.jobs.queue import RETRIES, reason_of, work_or_give_up
from citewell.kit.json_depth import is_too_deep
from citewell.kit.outages import outage
from citewell.models import ImportExport, KnowledgeTable, TableVersion, TempDataset
from citewell.models.base import UNFINISHED
from citewell.resources import Resources
from citewell.tables.columns import StoredRow, checked_rows
from citewell.tables.live import read_live
from citewell.tables.repository.rows import clear_version, insert_rows, read_rows
from citewell.tables.row_filter import RowFilter
from citewell.tables.service import types_of

_BATCH = 5000  # rows
_SHOWN = 500  # characters of an error


async def move(resources: Resources, project_id: UUID, operation_id: UUID) -> None:
    """Run an import or an export; one that has ended is left alone. Errors are stored in its row."""
    async with resources.database.write() as session:
        row = await session.get(ImportExport, (project_id, operation_id), with_for_update=True)
        if row is None or row.status not in UNFINISHED:
            return
        row.status = "running"
    try:
        if row.job_type == "import":
            await _import(resources, row)
        else:
            await _end(resources, row, "completed", row_count=await _export(resources, row))
    except (CitewellError, msgspec.MsgspecError, UnicodeDecodeError, FileNotFoundError) as error:
        if outage(error) is not None:
            raise
        await _end(resources, row, "failed", error_message=_message_of(error))


async def give_up(resources: Resources, project_id: UUID, operation_id: UUID, error: Exception) -> None:
    """End an operation as failed whose job broke for the last time."""
    async with resources.database.read() as session:
        row = await session.get(ImportExport, (project_id, operation_id))
    if row is not None:
        reason = reason_of(error)
        await _end(resources, row, "failed", error_message=reason)


async def _import(resources: Resources, row: ImportExport) -> None:
    """Store all rows and end the operation in one transaction."""
    async with resources.database.read() as session:
        dataset = await session.get_one(TempDataset, (row.project_id, row.dataset_id))
        version = await session.get_one(TableVersion, (row.project_id, row.table_version_id))
        table = await session.get_one(KnowledgeTable, (row.project_id, version.table_id))
    data = await resources.files.get(dataset.file_key)
    rows = await asyncio.to_thread(_read, data, table)
    async with resources.database.write(statement_seconds=0) as session:
        ended = await session.get_one(ImportExport, (row.project_id, row.id), with_for_update=True)
        if ended.status != "running":  # another worker had the job meanwhile
            return
        target = await session.get_one(TableVersion, (row.project_id, row.table_version_id), with_for_update=True)
        if row.options.get("override"):
            await clear_version(session, target)
        for start in range(0, len(rows), _BATCH):
            await insert_rows(session, target, rows[start : start + _BATCH])
        ended.status, ended.row_count = "completed", len(rows)


def _read(data: bytes, table: KnowledgeTable) -> Sequence[StoredRow]:
    if is_too_deep(data):
        raise BadRequest(TOO_DEEP)
    rows = msgspec.json.decode(data, type=list[dict[str, Any]])
    return checked_rows(rows, types_of(table))


async def _export(resources: Resources, row: ImportExport) -> int:
    pieces: list[bytes] = []
    count = offset = 0
    async with resources.database.read() as session:
        version = await session.get_one(TableVersion, (row.project_id, row.table_version_id))
        table = await session.get_one(KnowledgeTable, (row.project_id, version.table_id))
        dataset = await session.get_one(TempDataset, (row.project_id, row.dataset_id))
        names = list(types_of(table))
        while True:
            if version.live:
                _, found = await read_live(session, table, None, {}, _BATCH, offset)
            else:
                _, found = await read_rows(session, version, RowFilter(), _BATCH, offset)
            for one in found:
                written = one if version.live else {name: one.get(name) for name in names}
                pieces.append(msgspec.json.encode(written, enc_hook=str))
            count, offset = count + len(found), offset + len(found)
            if len(found) < _BATCH:
                break
    data = b"[" + b",".join(pieces) + b"]"
    await resources.files.put(dataset.file_key, data)
    async with resources.database.write() as session:
        written_to = await session.get_one(TempDataset, (row.project_id, row.dataset_id))
        written_to.status, written_to.file_size = "ready", len(data)
    return count


async def _end(resources: Resources, row: ImportExport, status: str, **values: Any) -> None:
    async with resources.database.write() as session:
        ended = await session.get_one(ImportExport, (row.project_id, row.id), with_for_update=True)
        if ended.status == "running":
            ended.status = status
            for name, value in values.items():
                setattr(ended, name, value)


def _message_of(error: Exception) -> str:
    if isinstance(error, CitewellError):
        return error.message[:_SHOWN]
    if isinstance(error, FileNotFoundError):
        return FILE_GONE
    return f"{NO_ROWS}: {str(error)[:_SHOWN]}"


async def remove_expired(resources: Resources) -> None:
    """Delete expired datasets with their files."""
    async with resources.database.write() as session:
        # Within the transaction: a backup may refuse it, then both are left to the next time.
        for key in await delete_expired(session):
            await resources.files.delete(key)


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `datasets`."""
    blueprint = procrastinate.Blueprint()

    @blueprint.task(name="move", pass_context=True, retry=RETRIES)
    async def move_rows(context: procrastinate.JobContext, *, project_id: str, operation_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        ids = UUID(project_id), UUID(operation_id)

        async def fail(error: Exception) -> None:
            await give_up(resources, *ids, error)

        work = partial(move, resources, *ids)
        await work_or_give_up(context.job, work, fail, "import_export_broke", operation=operation_id)

    @blueprint.periodic(cron="17 3 * * *")
    @blueprint.task(name="remove_expired", pass_context=True, queueing_lock="datasets:remove_expired", retry=RETRIES)
    async def remove(context: procrastinate.JobContext, timestamp: int) -> None:
        await remove_expired(context.additional_context["resources"])

    return blueprint
