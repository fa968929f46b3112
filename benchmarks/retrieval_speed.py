"""Retrieval speed: many chunks, many projects, one and four clients, and the recall of the vector index.

Usage: python -m benchmarks.retrieval_speed [CHUNKS] [PROJECTS] [QUERIES]

By default 200,000 chunks in 20 projects. Texts are words drawn as they are in natural language (by Zipf's law), queries
five of them that are no stop words; vectors of 384 dimensions lie in clusters, and those of queries near one of them.
What is measured is the whole search as the server does it: on uvloop, once the names of the documents are read, without
the time of the embedding model for the query, which is stated beside it. Each client is a process of its own, and all
begin together.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
import psutil
import psycopg
import uvloop
from sqlalchemy import text

from benchmarks.report import machine, percentile, table
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database, libpq_url
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.partitions import create_project_partition, ensure_vector_index
from citewell.db.recovery import TextIndexes
from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.kit.ids import new_id
from citewell.models import Project
from citewell.models.passage import partition_name, vector_literal
from citewell.search.repository.candidates import by_meaning
from citewell.search.retrieve import Retriever

DIMENSIONS = 384
WORDS = 30_000
LENGTH = 110  # words of a passage
QUERY_LENGTH = 5
STOP_WORDS = 0.48  # the commonest hundred words are so much of all text; queries are searched for without them
MODEL = "benchmark:1"
CLUSTERS = 200  # in a project
COPY_BATCH = 5_000
CLIENTS = 4


class Given:
    """An embedder that knows the vectors of the queries already."""

    fingerprint = MODEL
    languages = None
    is_ready = True

    def __init__(self, queries: "list[Query]") -> None:
        self._vectors = {query.text: query.vector for query in queries}

    async def embed(self, texts: Any) -> Any:
        return np.stack([self._vectors[text] for text in texts])

    async def embed_query(self, text: str) -> Any:
        return self._vectors[text]

    async def aclose(self) -> None: ...


@dataclass(frozen=True)
class Query:
    project_id: UUID
    text: str
    vector: Any


class Corpus:
    """Words and clusters, the same in every run."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        ranks = 1.0 / np.arange(1, WORDS + 1)
        self._chances = np.cumsum(ranks / ranks.sum())
        self._centres = self._random.normal(size=(CLUSTERS, DIMENSIONS))

    def texts(self, count: int, length: int = LENGTH, *, least: float = 0.0) -> list[str]:
        """Texts of so many words; `least` leaves out the commonest words, by their share of all text."""
        chances = least + (1 - least) * self._random.random((count, length))
        words = np.minimum(np.searchsorted(self._chances, chances), WORDS - 1)
        return [" ".join(f"w{_letters(int(word))}" for word in row) for row in words]

    def vectors(self, count: int) -> Any:
        spread = self._random.normal(size=(count, DIMENSIONS))
        rows = self._centres[self._random.integers(0, CLUSTERS, count)] + spread
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def query_vectors(self, vectors: Any) -> Any:
        rows = vectors + self._random.normal(size=vectors.shape) * 0.02
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _letters(number: int) -> str:
    """A word of letters for a number: digits would be analysed as numbers."""
    found = ""
    while True:
        number, digit = divmod(number, 20)
        found += "bcdfghjklmnpqrstvwxz"[digit]
        if number == 0:
            return found


async def load(url: str, extensions: Extensions, chunks: int, queries: int, seed: int) -> list[Query]:
    """A project with its chunks, each a document of its own, indexed; and queries for it."""
    database, project_id, corpus = Database(url), new_id(), Corpus(seed)
    await TextIndexes(database, extensions).mend()  # nothing is there to mend yet, which is what it remembers
    async with database.write() as session:
        session.add(Project(id=project_id, name=f"speed {seed}"))
        await session.flush()
        await create_project_partition(await session.connection(), project_id, extensions)
    some: list[Any] = []
    async with await psycopg.AsyncConnection.connect(libpq_url(url)) as connection:
        for start in range(0, chunks, COPY_BATCH):
            vectors = corpus.vectors(min(COPY_BATCH, chunks - start))
            await _copy(connection, project_id, corpus.texts(len(vectors)), vectors)
            some.append(vectors[:: max(1, chunks // (queries + 1))])
    async with database.autocommit() as alone:
        await ensure_vector_index(alone, project_id)
        for name in (partition_name(project_id), "chunks", "documents"):
            await alone.execute(text(f"VACUUM ANALYZE {name}"))
    await database.close()
    near = corpus.query_vectors(np.concatenate(some)[:queries])
    texts = corpus.texts(len(near), QUERY_LENGTH, least=STOP_WORDS)
    return [Query(project_id, words, vector) for words, vector in zip(texts, near, strict=True)]


async def _copy(connection: psycopg.AsyncConnection[Any], project_id: UUID, texts: list[str], vectors: Any) -> None:
    ids = [(new_id(), new_id(), new_id()) for _ in texts]
    tables: dict[str, list[tuple[Any, ...]]] = {
        "documents (project_id, id, name, content_type, source, source_metadata, metadata, status, file_key,"
        " file_size, live_version_id)": [
            (project_id, document, "a document", "", "upload", "{}", "[]", "active", "", 0, version)
            for document, version, _ in ids
        ],
        "document_versions (project_id, id, document_id, number, file_key, sha256, stage, started, pages_done)": [
            (project_id, version, document, 1, "", b"", "published", True, 0) for document, version, _ in ids
        ],
        "chunks (project_id, id, document_id, version_id, ordinal, content, start_offset, end_offset, heading_path,"
        " blocks)": [
            (project_id, chunk, document, version, 0, words, 0, len(words), [], "[]")
            for (document, version, chunk), words in zip(ids, texts, strict=True)
        ],
        f"{partition_name(project_id)} (project_id, chunk_id, ordinal, document_id, version_id, start_offset,"
        " end_offset, language, content, embedding, embedding_model)": [
            (project_id, chunk, 0, document, version, 0, len(words), "unknown", words, vector_literal(vector), MODEL)
            for (document, version, chunk), words, vector in zip(ids, texts, vectors, strict=True)
        ],
    }
    async with connection.cursor() as cursor:
        for target, rows in tables.items():
            async with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    await copy.write_row(row)
    await connection.commit()


async def search_all(
    url: str, extensions: Extensions, queries: list[Query], ready: Callable[[], Any]
) -> tuple[float, list[float]]:
    """Returns the seconds of all searches, which run one after the other, and of each.

    A search of each project warms up. Calls `ready` before the clock starts.
    """
    database = Database(url)
    retriever = Retriever(database, Given(queries), TextIndexes(database, extensions))
    for query in {query.project_id: query for query in queries}.values():
        await retriever.search(query.project_id, query.text)
    times = []
    ready()
    begun = time.perf_counter()
    for query in queries:
        started = time.perf_counter()
        await retriever.search(query.project_id, query.text)
        times.append(time.perf_counter() - started)
    elapsed = time.perf_counter() - begun
    await database.close()
    return elapsed, times


_together: Any = None  # a barrier: the clients' processes begin when all have warmed up


def _meet(barrier: Any) -> None:
    global _together
    _together = barrier


def client(url: str, extensions: Extensions, queries: list[Query]) -> tuple[float, list[float]]:
    return uvloop.run(search_all(url, extensions, queries, _together.wait if _together else lambda: None))


async def recall(url: str, extensions: Extensions, queries: list[Query], depth: int = 10) -> float:
    """The share of the truly nearest that the vector half finds."""
    database, shares = Database(url), []
    retriever = Retriever(database, Given(queries), TextIndexes(database, extensions))
    for query in queries:
        hits = await retriever.search(query.project_id, query.text, limit=depth, mode="semantic")
        found = {(hit.chunk_id, 0) for hit in hits}  # each chunk is one passage
        async with database.direct.connect() as connection:
            await connection.execute("SET enable_indexscan = off")
            exact = await by_meaning(connection, query.project_id, query.vector, MODEL, depth)
            await connection.execute("RESET enable_indexscan")
        shares.append(len(found & exact.keys()) / depth)
    await database.close()
    return float(np.mean(shares))


async def embedding_time() -> float | None:
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder)))
        if embedder is None:
            return None
        times = []
        for number in range(50):
            started = time.perf_counter()
            await embedder.embed_query(f"What did the company report about revenue in the year {number}?")
            times.append(time.perf_counter() - started)
        await embedder.aclose()
        return median(times)


def memory_of_servers() -> float:
    """MiB of all PostgreSQL processes below the one that was started, shared memory counted once."""
    total = 0
    for process in psutil.process_iter(["name"]):
        if process.info["name"].startswith("postgres"):
            try:
                total += process.memory_full_info().pss
            except (psutil.AccessDenied, psutil.NoSuchProcess):
                continue
    return total / 2**20


def run(url: str, extensions: Extensions, chunks: int, projects: int, count: int) -> None:
    started = time.perf_counter()
    queries: list[Query] = []
    for seed in range(projects):
        queries += asyncio.run(load(url, extensions, chunks // projects, count // projects + 1, seed))
    loaded = time.perf_counter() - started
    np.random.default_rng(1).shuffle(queries)  # type: ignore[arg-type]
    queries = queries[:count]
    _, alone = client(url, extensions, queries)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CLIENTS, context, _meet, (context.Barrier(CLIENTS),)) as pool:
        results = [pool.submit(client, url, extensions, queries) for _ in range(CLIENTS)]
        together = [seconds for found in results for seconds in found.result()[1]]
        elapsed = max(found.result()[0] for found in results)
    found = asyncio.run(recall(url, extensions, queries[:200]))
    model = asyncio.run(embedding_time())
    rows = [
        ("hybrid, one client, p50 / p95", f"{_ms(median(alone))} / {_ms(percentile(alone, 0.95))}"),
        ("recall@10 of the vector half", f"{found:.3f}"),
        (f"{CLIENTS} clients: p50 / p95", f"{_ms(median(together))} / {_ms(percentile(together, 0.95))}"),
        (f"{CLIENTS} clients: queries/s", f"{len(together) / elapsed:.0f}"),
        ("the local model's time for a query, p50", _ms(model) if model else "no model"),
        ("memory of the database's processes", f"{memory_of_servers():,.0f} MiB"),
        ("loading and indexing", f"{loaded:.0f} s"),
    ]
    print(f"{chunks:,} chunks in {projects} projects; {machine()}\n")
    print(table(("measure", "result"), rows), flush=True)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def main() -> None:
    numbers = [int(argument.replace(",", "").replace("_", "")) for argument in sys.argv[1:]]
    chunks, projects, count = (*numbers, *(200_000, 20, 1000)[len(numbers) :])
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder, EmbeddedPostgres(Path(folder)) as url:
        run(url, migrate(url), chunks, projects, count)


if __name__ == "__main__":
    main()
