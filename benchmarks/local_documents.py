"""What local documents cost: searches of a project before and after it has many, and searches that see some of them.

    .venv/bin/python -m benchmarks.local_documents --chunks 20000 --copies 10

Each local document is a copy of one of the project's own, so every query would find it if it could.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import text

from benchmarks.report import machine, percentile, table
from benchmarks.retrieval_speed import Given, Query, load
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.models.passage import partition_name
from citewell.search.filters import SearchFilter
from citewell.search.retrieve import Retriever

SEARCHES = 500
IN_ONE = 100  # documents of the larger conversation

# A copy of each row with ids that follow from the old ones and the number of the copy.
_COPY = {
    "documents": "id",
    "document_versions": "id, document_id",
    "chunks": "id, document_id, version_id",
    "{partition}": "chunk_id, document_id, version_id",
}


async def add_local(database: Database, project_id: UUID, copies: int) -> None:
    """So many copies of each document, each in a conversation of its own."""
    partition = partition_name(project_id)
    for number in range(copies):
        async with database.write() as session:
            for name, ids in _COPY.items():
                target = name.format(partition=partition)
                columns = await session.scalars(
                    text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0"),
                    {"t": target},
                )
                new = {column: f"CAST(md5(t.{column} || '{number}') AS uuid)" for column in ids.split(", ")}
                document = "t.document_id" if "document_id" in new else "t.id"
                if name in ("documents", "{partition}"):
                    new["local_to"] = f"CAST(md5('conversation' || {document} || '{number}') AS uuid)"
                names = list(columns)
                values = ", ".join(new.get(column, f"t.{column}") for column in names)
                own = _own(name)
                statement = f"INSERT INTO {target} ({', '.join(names)}) SELECT {values} FROM {target} t WHERE {own}"
                await session.execute(text(statement), {"project": project_id})
    async with database.autocommit() as connection:
        for name in _COPY:
            await connection.execute(text(f"VACUUM ANALYZE {name.format(partition=partition)}"))


def _own(name: str) -> str:
    """A condition for the rows of the project's own documents."""
    if name in ("documents", "{partition}"):
        return "t.project_id = :project AND t.local_to IS NULL"
    of = "SELECT FROM documents d WHERE d.project_id = :project AND d.id = t.document_id AND d.local_to IS NULL"
    return f"t.project_id = :project AND EXISTS ({of})"


async def searches(database: Database, extensions: Extensions, queries: list[Query], scopes: list[UUID]) -> str:
    retriever, times = Retriever(database, Given(queries), TextIndexes(database, extensions)), []
    for query in [*queries[:20], *queries]:
        began = time.perf_counter()
        await retriever.search(query.project_id, query.text, narrowed=SearchFilter.of(local_to=scopes))
        times.append(time.perf_counter() - began)
    kept = times[20:]
    return f"{median(kept) * 1000:.1f} / {percentile(kept, 0.95) * 1000:.1f} ms"


async def run(url: str, extensions: Extensions, chunks: int, copies: int) -> None:
    queries = await load(url, extensions, chunks, SEARCHES, 0)
    database, project_id = Database(url), queries[0].project_id
    rows = [("before there were any", await searches(database, extensions, queries, []))]
    await add_local(database, project_id, copies)
    rows.append(
        (f"with {chunks * copies:,} local documents of others", await searches(database, extensions, queries, []))
    )
    some = text("SELECT local_to FROM documents WHERE project_id = :project AND local_to IS NOT NULL LIMIT :limit")
    async with database.autocommit() as connection:
        found = list(await connection.scalars(some, {"project": project_id, "limit": IN_ONE}))
    rows.append(("seeing one of them", await searches(database, extensions, queries, found[:1])))
    rows.append((f"seeing {IN_ONE} of them", await searches(database, extensions, queries, found)))
    await database.close()
    print(f"{chunks:,} own chunks; {machine()}\n\n{table(('hybrid search, p50 / p95', ''), rows)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--copies", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder, EmbeddedPostgres(Path(folder)) as address:
        asyncio.run(run(address, migrate(address), chosen.chunks, chosen.copies))
