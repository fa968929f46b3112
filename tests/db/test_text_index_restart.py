"""Words are found after the server was stopped in order and started anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.recovery import TextIndexes
from tests.prepared import begin_as_prepared
from tests.processes import data_folder
from tests.search.store import EXTENSIONS, Store


@asynccontextmanager
async def _run(folder: Path) -> AsyncIterator[Database]:
    """A run of the server, with the look at its text indexes with which each begins."""
    server = EmbeddedPostgres(folder)
    url = await asyncio.to_thread(server.start)
    database = Database(url)
    await TextIndexes(database, EXTENSIONS).mend()
    yield database
    await database.close()
    await asyncio.to_thread(server.stop)


async def test_what_was_added_in_one_run_is_found_in_the_next() -> None:
    with data_folder() as folder:
        begin_as_prepared(folder)
        async with _run(folder) as database:
            store = await Store.make(database, None)
        for number in range(2):
            async with _run(folder) as database:
                store.database = database
                await store.add(f"{number}.md", f"A hotel room may cost {number + 1} EUR.")
            async with _run(folder) as database:
                store.database = database
                assert set(await store.names("room")) == set(store.documents)
