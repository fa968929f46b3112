"""A store of its own for the tests of search: one database, a project for each test."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from citewell.db.engine import Database
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from tests.search.store import EXTENSIONS, WITHOUT_TEXT_INDEX, Store


@pytest.fixture(scope="session")
async def database(clone: Any) -> AsyncIterator[Database]:
    opened = Database(clone())
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def embedder(models_dir: Path) -> AsyncIterator[Embedder]:
    found = load_embedder(EmbeddingConfig("auto", models_dir))
    if found is None:
        pytest.skip("the weights of the local embedding model are not installed")
    await found.prepare()
    yield found
    await found.aclose()


@pytest.fixture
async def store(database: Database, embedder: Embedder) -> Store:
    return await Store.make(database, embedder)


@pytest.fixture
async def words_only(database: Database) -> Store:
    assert EXTENSIONS.text_search
    return await Store.make(database, None)


@pytest.fixture
async def plain(database: Database) -> Store:
    """A store on a database without a text index of its own."""
    return await Store.make(database, None, WITHOUT_TEXT_INDEX)
