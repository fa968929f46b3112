"""The indexes of a project's partition: made when it has grown, changed with the database's extensions, mended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from citewell.db import partitions, recovery
from citewell.db.engine import Database
from citewell.db.partitions import (
    ensure_text_indexes,
    ensure_vector_index,
    text_index_name,
    vector_index_name,
    wants_vector_index,
)
from citewell.db.recovery import TextIndexes
from citewell.errors import Unavailable
from citewell.kit.ids import new_id
from citewell.models.passage import partition_name
from citewell.search.retrieve import Retriever
from tests.search.store import EXTENSIONS, WITHOUT_TEXT_INDEX, Store


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


class Model:
    """Vectors that follow from the texts, in four dimensions."""

    languages = None
    is_ready = True

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    async def embed(self, texts: Any, *, urgent: bool = False) -> Any:
        rows = np.array([[1 + text.count(letter) for letter in "abcd"] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    async def embed_query(self, text: str) -> Any:
        return (await self.embed([text]))[0]

    async def aclose(self) -> None: ...


async def indexes(database: Database, store: Store) -> list[str]:
    async with database.autocommit() as connection:
        query = text("SELECT indexname FROM pg_indexes WHERE tablename = :table AND indexname LIKE '%hnsw%'")
        return list(await connection.scalars(query, {"table": partition_name(store.project_id)}))


async def test_a_project_that_has_grown_gets_a_vector_index(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "VECTOR_INDEX_FROM", 20)
    store = await Store.make(database, Model("first: it's"))
    for number in range(19):
        await store.add(f"{number}.md", f"aa {'b' * number} cc {number}")
    async with database.autocommit() as connection:
        assert not await wants_vector_index(connection, store.project_id)
        assert not await ensure_vector_index(connection, store.project_id)
    await store.add("20.md", "abcdabcd")
    before = await store.names("bbbbb", mode="semantic", limit=5)
    async with database.autocommit() as connection:
        assert await wants_vector_index(connection, store.project_id)
        assert await ensure_vector_index(connection, store.project_id)
        assert not await wants_vector_index(connection, store.project_id)
        assert not await ensure_vector_index(connection, store.project_id)
    assert await indexes(database, store) == [vector_index_name(store.project_id, "first: it's")]
    assert await store.names("bbbbb", mode="semantic", limit=5) == before


async def test_another_model_gets_an_index_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "VECTOR_INDEX_FROM", 5)
    store = await Store.make(database, Model("first"))
    for number in range(6):
        await store.add(f"{number}.md", f"aa {'b' * number} {number}")
    async with database.autocommit() as connection:
        assert await ensure_vector_index(connection, store.project_id)
        table = partition_name(store.project_id)
        await connection.execute(text(f"UPDATE {table} SET embedding_model = 'second'"))
        assert await ensure_vector_index(connection, store.project_id)
    assert await indexes(database, store) == [vector_index_name(store.project_id, "second")]


async def test_the_text_index_follows_the_databases_extensions(database: Database) -> None:
    """A server that gets the extension later, and one that loses it: searches by words go on."""
    store = await Store.make(database, None, WITHOUT_TEXT_INDEX)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")
    assert await store.names("room") == ["hotel.md"]
    for extensions in (EXTENSIONS, WITHOUT_TEXT_INDEX):
        async with database.autocommit() as connection:
            assert await ensure_text_indexes(connection, extensions) == 1
            assert await ensure_text_indexes(connection, extensions) == 0
        store.extensions = extensions
        assert set(await store.names("room")) == set(store.documents)
        await store.add(f"{len(store.documents)}.md", f"Room {len(store.documents)} is free.")
        assert set(await store.names("room")) == set(store.documents)


async def test_what_is_published_after_the_first_search_is_in_the_index_of_every_connection(database: Database) -> None:
    store = await Store.make(database, None)
    await store.add("first.md", "A hotel room may cost 140 EUR.")
    async with database.autocommit():  # keeps the connection that has written, so that another one rebuilds the index
        assert await store.names("room") == ["first.md"]
    await store.add("second.md", "The room on the first floor is taken.")
    summary = "SELECT bm25_summarize_index(%(index)s) AS shown"  # a search of two passages would not use the index
    [found] = await database.direct.fetch(summary, {"index": text_index_name(store.project_id)})
    assert "total_docs: 2" in found.shown


async def test_text_indexes_are_made_again_after_a_crash_and_only_then(database: Database) -> None:
    store = await Store.make(database, None)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")
    await TextIndexes(database, EXTENSIONS).mend()
    assert await TextIndexes(database, EXTENSIONS).mend() == 0
    await crash(database)
    assert await TextIndexes(database, WITHOUT_TEXT_INDEX).mend() == 0
    indexes = TextIndexes(database, EXTENSIONS)
    assert await indexes.mend() == 1
    assert await indexes.mend() == 0
    assert await store.names("room") == ["hotel.md"]


async def test_a_search_after_a_crash_waits_until_the_text_indexes_are_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.make(database, None)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")
    indexes = TextIndexes(database, EXTENSIONS)
    await indexes.mend()
    retriever = Retriever(database, None, indexes)
    assert len(await retriever.search(store.project_id, "room")) == 1
    index = text_index_name(store.project_id)
    before = await file_of(database, index)
    await crash(database)
    searches = [retriever.search(store.project_id, "room") for _ in range(20)]  # more than there are connections
    assert [len(found) for found in await asyncio.gather(*searches)] == [1] * 20
    rebuilt = await file_of(database, index)
    assert rebuilt != before

    await crash(database)
    monkeypatch.setattr(recovery, "WAIT_SECONDS", 0.1)
    other = await Store.make(database, None)
    await other.add("hotel.md", "A hotel room may cost 140 EUR.")
    async with database.write() as session:
        await session.execute(text(f"LOCK TABLE {partition_name(store.project_id)} IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(Unavailable, match="rebuilt after a crash"):
            await retriever.search(store.project_id, "room")
        # Other projects need not wait for this one.
        monkeypatch.undo()
        assert len(await retriever.search(other.project_id, "room")) == 1
    await indexes.mend()  # unless the search that did not wait has done it already
    assert await file_of(database, index) != rebuilt
    assert len(await retriever.search(store.project_id, "room")) == 1
    await indexes.aclose()


async def test_an_index_is_made_again_once_for_all_processes(database: Database) -> None:
    store = await Store.make(database, None)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")
    await TextIndexes(database, EXTENSIONS).mend()
    await crash(database)
    before = await file_of(database, text_index_name(store.project_id))
    processes = [Retriever(database, None, TextIndexes(database, EXTENSIONS)) for _ in range(3)]
    assert len(await processes[0].search(store.project_id, "room")) == 1
    made = await file_of(database, text_index_name(store.project_id))
    assert made != before
    for process in processes:
        assert len(await process.search(store.project_id, "room")) == 1
    assert await TextIndexes(database, EXTENSIONS).mend() == 0
    assert await file_of(database, text_index_name(store.project_id)) == made


async def test_a_project_that_is_deleted_meanwhile_is_no_obstacle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.make(database, None)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")

    async def listed(connection: Any) -> list[UUID]:
        return [new_id(), store.project_id]

    monkeypatch.setattr(recovery, "_indexed_projects", listed)
    before = await file_of(database, text_index_name(store.project_id))
    await TextIndexes(database, EXTENSIONS).mend()
    assert await file_of(database, text_index_name(store.project_id)) != before
    assert await TextIndexes(database, EXTENSIONS).mend() == 0


async def crash(database: Database) -> None:
    """What a crash of the server leaves to see: its connections have ended, its statistics begin anew."""
    async with database.autocommit() as connection:
        await connection.execute(text("SELECT pg_stat_reset_shared('wal')"))
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def file_of(database: Database, index: str) -> int:
    """Another one whenever the index is made again."""
    async with database.autocommit() as connection:
        found = await connection.scalar(text("SELECT pg_relation_filenode(CAST(:index AS regclass))"), {"index": index})
        assert found
        return int(found)
