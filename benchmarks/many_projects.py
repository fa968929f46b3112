"""What many projects in one database cost: making them, searching in one of them, starting, memory.

    .venv/bin/python -m benchmarks.many_projects --projects 2000

Everything happens in a temporary folder that is removed at the end. Searches are given the vectors of their queries.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
import psutil
from sqlalchemy import text

from benchmarks.report import machine, percentile, table
from benchmarks.retrieval_speed import MODEL, QUERY_LENGTH, STOP_WORDS, Corpus, Given, Query
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.recovery import TextIndexes
from citewell.kit.ids import new_id
from citewell.models import Chunk, Document, DocumentVersion, StagedPassage
from citewell.models.passage import publish_version
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.search.retrieve import Retriever
from citewell.settings import Settings
from citewell.users.service import ensure_user

CHECKPOINTS = (100, 1_000, 2_000, 5_000, 10_000)
PASSAGES = 5
SEARCHES = 300
_START = """
import asyncio, sys, time
began = time.perf_counter()
from pathlib import Path
from citewell.main import create_app
from citewell.process import open_process
from citewell.settings import Settings
async def main():
    settings = Settings(database_url=sys.argv[1], data_dir=Path(sys.argv[2]), embedding="none")
    async with open_process(settings, worker=True) as process:
        create_app(process)
        print("seconds:", time.perf_counter() - began)
asyncio.run(main())
"""


@dataclass
class Run:
    """`made` are the seconds that each project took to make."""

    process: Process
    url: str
    folder: Path
    corpus: Corpus = field(default_factory=lambda: Corpus(0))
    projects: list[UUID] = field(default_factory=list)
    made: list[float] = field(default_factory=list)

    async def add_project(self, owner: UUID) -> None:
        began = time.perf_counter()
        request = ProjectCreate(name=f"Project {len(self.projects)}")
        async with self.process.database.write() as session:
            project = await create_project(session, self.process.extensions, owner, request)
        self.made.append(time.perf_counter() - began)
        self.projects.append(project.id)
        await self._fill(project.id)

    async def _fill(self, project_id: UUID) -> None:
        """One document with a few passages, published as the pipeline does it."""
        document_id, version_id = new_id(), new_id()
        mine = {"project_id": project_id, "document_id": document_id}
        texts, vectors = self.corpus.texts(PASSAGES), self.corpus.vectors(PASSAGES)
        async with self.process.database.write() as session:
            document = Document(project_id=project_id, id=document_id, name="a document", content_type="", file_key="")
            document.file_size, document.live_version_id = 0, version_id
            session.add(document)
            await session.flush()
            version = DocumentVersion(**mine, id=version_id, file_key="", sha256=b"", stage="published", started=True)
            session.add(version)
            await session.flush()
            for ordinal, (content, vector) in enumerate(zip(texts, vectors, strict=True)):
                place: dict[str, Any] = {"start_offset": 0, "end_offset": len(content)}
                chunk = Chunk(**mine, **place, id=new_id(), version_id=version_id, ordinal=ordinal, content=content)
                session.add(chunk)
                session.add(
                    StagedPassage(
                        **mine,
                        **place,
                        chunk_id=chunk.id,
                        ordinal=0,
                        version_id=version_id,
                        language="unknown",
                        content=content,
                        embedding=vector,
                        embedding_model=MODEL,
                    )
                )
            await session.flush()
            await publish_version(session, project_id, document_id, version_id)

    def queries(self, projects: list[UUID]) -> list[Query]:
        texts = self.corpus.texts(len(projects), QUERY_LENGTH, least=STOP_WORDS)
        vectors = self.corpus.query_vectors(self.corpus.vectors(len(projects)))
        return [Query(*parts) for parts in zip(projects, texts, vectors, strict=True)]

    async def searches(self, projects: list[UUID]) -> list[float]:
        """Seconds of a search in each of the projects, one after the other."""
        queries, times = self.queries(projects), []
        indexes = TextIndexes(self.process.database, self.process.extensions)
        retriever = Retriever(self.process.database, Given(queries), indexes)
        for query in queries:
            began = time.perf_counter()
            await retriever.search(query.project_id, query.text)
            times.append(time.perf_counter() - began)
        return times

    async def start_seconds(self) -> float:
        """Of another process that opens everything but a model, workers included."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _START, self.url, str(self.folder)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 120)
        return float(output.decode().split("seconds:")[1])

    async def catalogue(self) -> str:
        """Relations, and the size of the tables that describe them."""
        statement = text(
            "SELECT count(*), (SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relnamespace = CAST('pg_catalog' AS regnamespace) AND relkind = 'r') / 1048576 AS size"
            " FROM pg_class"
        )
        async with self.process.database.autocommit() as connection:
            row = (await connection.execute(statement)).one()
        return f"{row[0]:,} / {row.size:.0f} MiB"

    async def caches(self) -> list[float]:
        """MiB that each connection of the pool keeps about tables and plans, the largest first."""
        statement = text("SELECT sum(total_bytes) / 1048576.0 FROM pg_backend_memory_contexts")
        async with contextlib.AsyncExitStack() as stack:
            enter, database = stack.enter_async_context, self.process.database
            connections = [await enter(database.autocommit()) for _ in range(database.options.sessions)]
            sizes = [float(await connection.scalar(statement) or 0) for connection in connections]
        return sorted(sizes, reverse=True)


def server_memory(folder: Path) -> float:
    """MiB of all processes of the server whose data is in the folder, shared memory counted once."""
    [pid_file] = folder.rglob("postmaster.pid")
    server = psutil.Process(int(pid_file.read_text().split()[0]))
    total = 0
    for process in (server, *server.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 2**20


async def measure(run: Run) -> list[str]:
    """The column of one checkpoint."""
    count = len(run.projects)
    random = np.random.default_rng(count)
    await run.searches(run.projects[:1] * 20)
    one = await run.searches(run.projects[:1] * SEARCHES)
    chosen = [run.projects[index] for index in random.integers(0, count, SEARCHES)]
    spread = await run.searches(chosen)
    for _ in range(2):
        await run.searches(run.projects)
    again = await run.searches(chosen)
    largest = (await run.caches())[0]
    return [
        _ms(run.made[-100:]),
        _ms(one),
        _ms(spread),
        _ms(again),
        f"{await run.start_seconds():.1f} s",
        f"{largest:.0f} MiB",
        f"{server_memory(run.folder):,.0f} MiB",
        await run.catalogue(),
    ]


ROWS = (
    "a project made, p50 / p95",
    "search in one project, p50 / p95",
    "search in any project, most for the first time",
    "search in any project, all known",
    "a process starts",
    "memory of the largest connection, all projects searched",
    "memory of the database server",
    "relations / size of the catalogue",
)


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} / {percentile(seconds, 0.95) * 1000:.1f} ms"


async def main(projects: int) -> None:
    with tempfile.TemporaryDirectory(prefix="cw-b-") as name, EmbeddedPostgres(Path(name)) as url:
        folder = Path(name)
        checkpoints = [*(number for number in CHECKPOINTS if number < projects), projects]
        columns: list[list[str]] = []
        async with open_process(Settings(database_url=url, data_dir=folder, embedding="none")) as process:
            async with process.database.write() as session:
                owner = (await ensure_user(session, "owner@example.org")).id
            run = Run(process, url, folder)
            while len(run.projects) < projects:
                await run.add_project(owner)
                if len(run.projects) in checkpoints:
                    columns.append(await measure(run))
                    print(f"{len(run.projects):,} projects: {columns[-1]}", file=sys.stderr, flush=True)
        headers = ("", *(f"{number:,} projects" for number in checkpoints))
        print(f"{machine()}\n\n{table(headers, list(zip(ROWS, *columns, strict=True)))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=2000)
    asyncio.run(main(max(1, parser.parse_args().projects)))
