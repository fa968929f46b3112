"""What a small text file costs on its way: CPU of each step, and files a second from the upload to the search.

    .venv/bin/python -m benchmarks.small_files --files 500

Each file is a note of about 1,500 characters with words of its own. First the steps run one after the other over all
files, so that each has its cost; then the workers take as many again as they do in a server. `--embedding local` embeds
with the local model; without it the files are analysed for the search by words alone.
"""

import argparse
import asyncio
import io
import random
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psutil
from sqlalchemy import select, text
from tests.processes import postgres_of

from benchmarks.report import machine, table
from citewell.db.embedded import EmbeddedPostgres
from citewell.documents.uploads import Upload, add_documents
from citewell.factories import workers_of
from citewell.ingestion import pipeline, running, window
from citewell.ingestion.step_jobs import MOST_SHARED
from citewell.jobs.workers import working
from citewell.kit.loops import Supervisor
from citewell.models import DocumentVersion
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.users.service import ensure_user

_WORDS = ("engine", "report", "valve", "pressure", "inspection", "order", "delivery", "contract", "winter", "harbour")
_UPLOADED_TOGETHER = 50


class Cost:
    """CPU ms a file of this process with those that read files, and of the database, since the last call of `took`."""

    def __init__(self, database: Path, files: int) -> None:
        self._database, self._files = database, files
        self._before = self._now()

    def took(self) -> list[str]:
        before, self._before = self._before, self._now()
        return [f"{(now - then) * 1000 / self._files:.1f} ms" for then, now in zip(before, self._before, strict=True)]

    def _now(self) -> tuple[float, float]:
        database = postgres_of(self._database)
        here = [psutil.Process(), *psutil.Process().children(recursive=True)]
        return sum(map(_cpu, set(here) - set(database))), sum(map(_cpu, database))


def _cpu(process: psutil.Process) -> float:
    """Seconds, with those of its children that have ended."""
    try:
        return sum(process.cpu_times()[:4]) if process.name() != "postgres" else sum(process.cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0.0


def note(number: int) -> bytes:
    chosen = random.Random(number)
    lines = [" ".join(chosen.choices(_WORDS, k=12)) + f" {chosen.randint(1, 10**6)}." for _ in range(16)]
    return f"# Note {number}\n\n{chr(10).join(lines)}\n".encode()


async def upload(process: Process, project: UUID, numbers: range) -> None:
    for start in range(0, len(numbers), _UPLOADED_TOGETHER):
        files = [
            Upload(f"note-{number}.md", "text/markdown", io.BytesIO(note(number)), [])
            for number in numbers[start : start + _UPLOADED_TOGETHER]
        ]
        await add_documents(process, project, None, files)


async def step_by_step(process: Process, project: UUID, database: Path, count: int) -> list[list[str]]:
    """Rows of the table: what the upload and each step cost."""
    window.WINDOW, usual = 0, window.WINDOW  # no file gets a job: the steps are run here
    cost = Cost(database, count)
    await upload(process, project, range(count))
    window.WINDOW = usual
    rows = [["upload", *cost.took()]]
    async with process.database.write() as session:
        await session.execute(text("UPDATE version_steps SET state = 'pending'"))
        query = select(DocumentVersion.id).where(DocumentVersion.project_id == project).order_by(DocumentVersion.id)
        versions = list(await session.scalars(query))
    for step in pipeline.STEPS:
        cost.took()
        for start in range(0, count, MOST_SHARED):
            await running.run_step(process, step, project, versions[start : start + MOST_SHARED], 1)
        rows.append([step.title, *cost.took()])
    async with process.database.write() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    return rows


async def carried(process: Process, project: UUID, database: Path, numbers: range) -> list[str]:
    """A row of the table: all of it, by workers, and files a second from the first upload to the last one's end."""
    ended = text("SELECT count(*) FROM document_versions WHERE project_id = :project AND stage = 'published'")
    cost, began = Cost(database, len(numbers)), time.perf_counter()
    async with working(process.queue, workers_of(process.settings), {"resources": process}, Supervisor()):
        filling = asyncio.create_task(window.keep_full(process))
        await upload(process, project, numbers)
        while True:
            async with process.database.read() as session:
                if await session.scalar(ended, {"project": project}) == len(numbers):
                    break
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        row = [f"all, by workers: {len(numbers) / seconds:.0f} files a second", *cost.took()]
        filling.cancel()
    return row


async def measure(folder: Path, count: int, embedding: str) -> None:
    with EmbeddedPostgres(folder / "database") as url:
        settings = Settings(database_url=url, data_dir=folder / "data", embedding=embedding)
        async with open_process(settings) as process:
            async with process.database.write() as session:
                owner = (await ensure_user(session, "bench@example.org")).id
                first, second = [
                    await create_project(session, process.extensions, owner, ProjectCreate(name=name)) for name in "AB"
                ]
            rows = await step_by_step(process, first.id, folder / "database", count)
            rows.append(await carried(process, second.id, folder / "database", range(count, 2 * count)))
            print(f"{machine()}\n{count} files, embedding {embedding}\n")
            print(table(["a file", "CPU of the worker", "of the database"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--embedding", default="none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cw-files-") as folder:
        asyncio.run(measure(Path(folder), options.files, options.embedding))


if __name__ == "__main__":
    main()
