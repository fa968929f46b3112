"""The indexes of a project's partition: made when it has grown, changed with the database's extensions, mended."""

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from citewell.db import partitions, recovery
from citewell.db.engine import Database
from citewell.db.partitions import ensure_text_indexes, ensure_vector_index, vector_index_name, wants_vector_index
from citewell.models.passage import partition_name
from tests.search.store import EXTENSIONS, WITHOUT_TEXT_INDEX, Store


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


class Model:
    """Vectors that follow from the texts, in four dimensions."""

    languages = None

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    async def embed(self, texts: Any) -> Any:
        rows = np.array([[1 + text.count(letter) for letter in "abcd"] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    async def embed_query(self, text: str) -> Any:
        return (await self.embed([text]))[0]

    async def aclose(self) -> None: ...


async def indexes(database: Database, store: Store) -> list[str]:
    async with database.alone.connect() as connection:
        query = text("SELECT indexname FROM pg_indexes WHERE tablename = :table AND indexname LIKE '%hnsw%'")
        return list(await connection.scalars(query, {"table": partition_name(store.project_id)}))


async def test_a_project_that_has_grown_gets_a_vector_index(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "VECTOR_INDEX_FROM", 20)
    store = await Store.make(database, Model("first: it's"))
    for number in range(19):
        await store.add(f"{number}.md", f"aa {'b' * number} cc {number}")
    async with database.alone.connect() as connection:
        assert not await wants_vector_index(connection, store.project_id)
        assert not await ensure_vector_index(connection, store.project_id)
    await store.add("20.md", "abcdabcd")
    before = await store.names("bbbbb", mode="semantic", limit=5)
    async with database.alone.connect() as connection:
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
    async with database.alone.connect() as connection:
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
        async with database.alone.connect() as connection:
            assert await ensure_text_indexes(connection, extensions) == 1
            assert await ensure_text_indexes(connection, extensions) == 0
        store.extensions = extensions
        assert set(await store.names("room")) == set(store.documents)
        await store.add(f"{len(store.documents)}.md", f"Room {len(store.documents)} is free.")
        assert set(await store.names("room")) == set(store.documents)


async def test_text_indexes_are_made_again_after_a_crash_and_only_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.make(database, None)
    await store.add("hotel.md", "A hotel room may cost 140 EUR.")
    await recovery.mend_text_indexes(database, EXTENSIONS)
    assert await recovery.mend_text_indexes(database, EXTENSIONS) == 0

    async def crash(connection: Any) -> str:
        return "another time"

    monkeypatch.setattr(recovery, "_last_crash", crash)
    assert await recovery.mend_text_indexes(database, WITHOUT_TEXT_INDEX) == 0
    assert await recovery.mend_text_indexes(database, EXTENSIONS) == 1
    assert await recovery.mend_text_indexes(database, EXTENSIONS) == 0
    assert await store.names("room") == ["hotel.md"]
