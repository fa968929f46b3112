"""What a table costs by its size: inserting rows, reading pages, reading the rows of one document.

    python -m benchmarks.tables                  # 1,000,000 rows
    python -m benchmarks.tables --rows 200000

It starts an embedded database in a folder of its own and works as the routes do, without HTTP. Times are of 20 reads,
and of writes of 10,000 rows. On a busy machine the best of them says more than the median, and the time of the
processor, which this process spends on a read, more than both: the database adds less than a millisecond.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from benchmarks.report import machine
from benchmarks.report import table as shown
from citewell.kit.ids import new_id
from citewell.models import KnowledgeTable
from citewell.process import open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.tables.columns import checked_rows
from citewell.tables.repository.rows import insert_rows, read_rows
from citewell.tables.repository.tables import add_version, newest_version
from citewell.tables.row_filter import row_filter
from citewell.tables.service import types_of
from citewell.users.service import ensure_user

_BATCH = 10_000  # rows of one write, the most that a client may send
_PAGE = 100
_TIMES = 20
_DOCUMENT_ROWS = 50
_COLUMNS = [("document_id", "uuid"), ("name", "text"), ("amount", "number"), ("due", "date"), ("json_object", "json")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cw-tables-") as folder:
        asyncio.run(_run(Path(folder), wanted.rows))


async def _run(folder: Path, count: int) -> None:
    settings = Settings(data_dir=folder, embedding="none")
    async with open_process(settings, embed=False) as process:
        table = await _table(process)
        batches = await _insert(process, table, count)
        middle = count // 2
        document = {"document_id": str(_document(table.id, middle // _DOCUMENT_ROWS))}
        speeds = [rows / seconds for rows, seconds in batches]
        measured = [("insert, rows/s", statistics.median(speeds), max(speeds), "", "5,000")]
        for title, filters, offset in (
            ("first page of 100, ms", {}, 0),
            ("page in the middle, ms", {}, middle),
            ("rows of one document, ms", document, 0),
        ):
            times = await _timed(partial(_page, process, table, filters, offset))
            spent = [wall for wall, _ in times]
            cpu = statistics.mean(cpu for _, cpu in times)
            measured.append((title, statistics.median(spent), min(spent), f"{cpu:.1f}", "10"))
        print(machine())
        rows = [(one, f"{median:,.1f}", f"{best:,.1f}", cpu, goal) for one, median, best, cpu, goal in measured]
        print(shown([f"{count:,} rows", "median", "best", "CPU, mean", "to reach"], rows))


async def _table(resources: Resources) -> KnowledgeTable:
    async with resources.database.write() as session:
        owner = await ensure_user(session, "reader@example.org")
        project = await create_project(session, resources.extensions, owner.id, ProjectCreate(name="Tables"))
        columns = [{"name": name, "type": kind} for name, kind in _COLUMNS]
        table = KnowledgeTable(project_id=project.id, name="invoices", columns=columns)
        session.add(table)
        await session.flush()
        await session.refresh(table)
        await add_version(session, table)
        return table


def _document(table_id: UUID, number: int) -> UUID:
    return uuid5(table_id, str(number))


def _row(table_id: UUID, number: int) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "document_id": str(_document(table_id, number // _DOCUMENT_ROWS)),
        "name": f"Invoice {number}",
        "amount": number / 7,
        "due": "2026-01-31",
        "json_object": {"customer": f"Customer {number % 1000}", "lines": [{"text": "Paper", "count": number % 10}]},
    }


async def _insert(resources: Resources, table: KnowledgeTable, count: int) -> list[tuple[int, float]]:
    """Rows and seconds of each write, with the checks that a request makes."""
    spent = []
    for start in range(0, count, _BATCH):
        rows = [_row(table.id, number) for number in range(start, min(start + _BATCH, count))]
        begun = time.perf_counter()
        async with resources.database.write() as session:
            version = await newest_version(session, table.project_id, table.id)
            assert version is not None
            await insert_rows(session, version, checked_rows(rows, types_of(table)))
        spent.append((len(rows), time.perf_counter() - begun))
    return spent


async def _page(resources: Resources, table: KnowledgeTable, filters: dict[str, Any], offset: int) -> None:
    async with resources.database.read() as session:
        version = await newest_version(session, table.project_id, table.id)
        assert version is not None
        _, rows = await read_rows(session, version, row_filter(filters, types_of(table)), _PAGE, offset)
        assert rows


async def _timed(work: Callable[[], Awaitable[None]]) -> list[tuple[float, float]]:
    """Milliseconds of each read: by the clock, and of the processor in this process."""
    times = []
    for _ in range(_TIMES):
        begun, used = time.perf_counter(), time.process_time()
        await work()
        times.append(((time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000))
    return times


if __name__ == "__main__":
    main()
