"""What the job queue carries: fetches a second with many jobs or documents waiting, and documents a second.

    .venv/bin/python -m benchmarks.queue_speed --waiting 0 20000 200000 --documents 2000

The first table takes jobs from the queue with that many behind them: as jobs (with and without the index on their
lock), and as documents beyond the window, which is how the product keeps them. The second sends documents through all
four steps with the work of each step left out, so that what remains is the queue and the state of the steps.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
from sqlalchemy import text
from tests.processes import postgres_of

from benchmarks.report import machine, table
from citewell.db.embedded import EmbeddedPostgres
from citewell.factories import workers_of
from citewell.ingestion import pipeline, window
from citewell.ingestion.step import Result, StepContext
from citewell.jobs.workers import working
from citewell.kit.loops import Supervisor
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.users.service import ensure_user

FETCHES = 300
LOCK_INDEX = "procrastinate_jobs_lock"
_JOBS = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args)
    SELECT 'quick', 'ingestion:parse', -n, 'version:' || gen_random_uuid(),
        jsonb_build_object('project_id', md5((n %% 20)::text))
    FROM generate_series(1, %s) AS n
"""
_DOCUMENTS = """
    WITH made AS (
        INSERT INTO documents (
            project_id, id, name, content_type, source, source_metadata, metadata, status, file_key, file_size
        )
        SELECT %(project)s, uuidv7(), 'note-' || n, 'text/markdown', 'upload', '{}', '[]', 'active', n::text, 30
        FROM generate_series(1, %(count)s) AS n
        RETURNING project_id, id
    ), versions AS (
        INSERT INTO document_versions (
            project_id, document_id, id, number, file_key, file_size, sha256, stage, started, pages_done, warnings
        )
        SELECT project_id, id, uuidv7(), 1, id::text, 30, sha256(id::text::bytea), 'uploaded', false, 0, '[]' FROM made
        RETURNING project_id, id
    )
    INSERT INTO version_steps (project_id, version_id, step, state, attempts)
    SELECT project_id, id, 'parse', 'waiting', 0 FROM versions
"""
_FETCH = """
    SELECT coalesce(jsonb_array_length(args -> 'version_ids'), 1)
    FROM procrastinate_fetch_job_v2(ARRAY['parse', 'quick', 'parse_batch'], NULL) WHERE id IS NOT NULL
"""


def fetches(url: str, count: int) -> str:
    """Documents taken a second with their jobs, one job after the other on one connection."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE procrastinate_jobs")
        began, taken = time.perf_counter(), 0
        while taken < count and (row := connection.execute(_FETCH).fetchone()):
            taken += row[0]
        return f"{taken / (time.perf_counter() - began):,.0f}"


def as_jobs(url: str, waiting: int, *, indexed: bool) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")
        [definition] = connection.execute("SELECT pg_get_indexdef(%s::regclass)", [LOCK_INDEX]).fetchone() or ("",)
        connection.execute(_JOBS, [waiting + FETCHES])
        if not indexed:
            connection.execute(f"DROP INDEX {LOCK_INDEX}")
        try:
            return fetches(url, FETCHES)
        finally:
            if not indexed:
                connection.execute(definition)


async def as_documents(process: Process, url: str, owner: UUID, waiting: int) -> str:
    """As the product does it: the window is kept full while jobs are taken from it."""
    await _clear(process)
    async with process.database.write() as session:
        request = ProjectCreate(name=f"{waiting} documents")
        project = await create_project(session, process.extensions, owner, request)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_DOCUMENTS, {"project": project.id, "count": waiting + FETCHES})
        connection.execute("ANALYZE version_steps")
    await window.refill(process)
    return await asyncio.to_thread(fetches, url, min(FETCHES, window.WINDOW))


async def carried(process: Process, url: str, owner: UUID, count: int, database: Path) -> list[str]:
    """Documents a second through all steps, whose own work is left out; CPU ms a document of worker and database, which
    other work on the machine changes less."""
    await _clear(process)
    async with process.database.write() as session:
        project = await create_project(session, process.extensions, owner, ProjectCreate(name="Carried"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_DOCUMENTS, {"project": project.id, "count": count})
    ended = text("SELECT count(*) FROM document_versions WHERE project_id = :project AND stage = 'published'")
    began, used, used_there = time.perf_counter(), time.process_time(), _cpu_of(database)
    async with working(process.queue, workers_of(process.settings), {"resources": process}, Supervisor()):
        filling = asyncio.create_task(window.keep_full(process))
        while True:
            async with process.database.read() as session:
                if await session.scalar(ended, {"project": project.id}) == count:
                    break
            await asyncio.sleep(0.1)
        seconds, here = time.perf_counter() - began, time.process_time() - used
        there = _cpu_of(database) - used_there
        filling.cancel()
    return [f"{count:,}", f"{count / seconds:,.0f}", *(f"{cpu / count * 1000:.1f} ms" for cpu in (here, there))]


def _cpu_of(database: Path) -> float:
    """Seconds of CPU that the processes of the server have used; those of connections that ended are left out."""
    used = 0.0
    for process in postgres_of(database):
        with contextlib.suppress(psutil.NoSuchProcess):  # its connection ended while they were counted
            used += sum(process.cpu_times()[:2])
    return used


async def _clear(process: Process) -> None:
    async with process.database.write() as session:
        await session.execute(text("TRUNCATE procrastinate_jobs, version_steps CASCADE"))


async def _done_at_once(context: StepContext) -> Result:
    return Result()


async def measure(folder: Path, waiting: list[int], documents: int) -> None:
    left_out = {"run": _done_at_once, "store": None, "claim": None, "held": None}
    pipeline.STEPS = tuple(dataclasses.replace(step, **left_out) for step in pipeline.STEPS)
    pipeline._BY_NAME.update({step.name: step for step in pipeline.STEPS})
    with EmbeddedPostgres(folder / "database") as url:
        settings = Settings(database_url=url, data_dir=folder / "data", embedding="none")
        async with open_process(settings) as process:
            async with process.database.write() as session:
                owner = (await ensure_user(session, "bench@example.org")).id
            rows = []
            for count in waiting:
                before = await asyncio.to_thread(as_jobs, url, count, indexed=False)
                indexed = await asyncio.to_thread(as_jobs, url, count, indexed=True)
                rows.append([f"{count:,}", before, indexed, await as_documents(process, url, owner, count)])
            headers = ["waiting", "as jobs, without the index", "as jobs", "as documents"]
            print(f"{machine()}\n\nDocuments fetched a second\n\n{table(headers, rows)}\n")
            row = await carried(process, url, owner, documents, folder / "database")
            print(table(["documents, steps left out", "a second", "CPU of the worker", "of the database"], [row]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, nargs="+", default=[0, 20_000, 200_000])
    parser.add_argument("--documents", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cw-queue-") as folder:
        asyncio.run(measure(Path(folder), options.waiting, options.documents))


if __name__ == "__main__":
    main()
