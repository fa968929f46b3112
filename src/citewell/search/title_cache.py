"""Keeps the names of each project's documents in memory, and refreshes them in the background."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citewell.db.direct import DirectConnection
from citewell.db.engine import Database
from citewell.search.repository.names import live_names, read_openings, state_of_names
from citewell.search.titles import DocumentWords, Titles

_MAX_PROJECTS = 1_000
_MAX_OPENINGS = 5_000  # documents of which the first page is read as well
_AT_ONCE = 300  # documents, up to which a search waits for their names
_FRESH_SECONDS = 2.0
_SHARE_OF_TIME = 20.0  # reading names takes at most a twentieth of one thread
_BATCH = 500


class _Known:
    """The cached names of one project."""

    def __init__(self) -> None:
        self.words: dict[UUID, tuple[UUID, str, DocumentWords]] = {}  # by document: its version, its name, the words
        self.titles = Titles({})
        self.state: tuple[Any, ...] | None = None  # of the documents when they were read
        self.until = 0.0
        self.refreshing: asyncio.Task[None] | None = None


class TitleCache:
    def __init__(self, database: Database) -> None:
        self._direct = database.direct
        self._projects: dict[UUID, _Known] = {}

    def forget(self, project_id: UUID) -> None:
        """Forgets the project's names; call it after documents were published or deleted."""
        if known := self._projects.get(project_id):
            known.until = 0.0

    async def named(self, project_id: UUID, query: str) -> dict[UUID, float]:
        """Returns the documents that the query names, each with its share (see `Titles.named`)."""
        return (await self.titles(project_id)).named(query)

    async def naming(self, project_id: UUID, query: str, documents: Sequence[UUID]) -> frozenset[str]:
        """Returns the words by which the query names these documents (see `Titles.naming`)."""
        return (await self.titles(project_id)).naming(query, documents)

    async def titles(self, project_id: UUID) -> Titles:
        """Returns the index of the names of the project's documents.

        The first search of a project waits until its names are read. Later ones wait only in small projects: in large
        ones the names may be some seconds old.
        """
        if len(self._projects) >= _MAX_PROJECTS and project_id not in self._projects:
            self._projects.clear()
        known = self._projects.setdefault(project_id, _Known())
        if known.until <= time.monotonic() and (known.refreshing is None or known.refreshing.done()):
            known.refreshing = asyncio.create_task(self._refresh(project_id, known), name="titles")
        if known.refreshing is not None and not known.refreshing.done() and len(known.words) <= _AT_ONCE:
            await asyncio.shield(known.refreshing)
        return known.titles

    async def _refresh(self, project_id: UUID, known: _Known) -> None:
        started = time.monotonic()
        async with self._direct.connect() as connection:
            state = await state_of_names(connection, project_id)
            if state != known.state:
                await _read(connection, project_id, known)
                known.state = state
        took = time.monotonic() - started
        known.until = time.monotonic() + max(_FRESH_SECONDS, took * _SHARE_OF_TIME)


async def _read(connection: DirectConnection, project_id: UUID, known: _Known) -> None:
    """Read the names of documents that are new or have changed, and leave out those that are gone."""
    live = await live_names(connection, project_id)
    missing = [key for key, named in live.items() if known.words.get(key, ())[:2] != named]
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        openings = await read_openings(connection, project_id, batch) if len(live) <= _MAX_OPENINGS else {}
        known.words |= await asyncio.to_thread(_analysed, {key: live[key] for key in batch}, openings)
    known.words = {key: found for key, found in known.words.items() if key in live}
    known.titles = await asyncio.to_thread(Titles, {key: found[2] for key, found in known.words.items()})


def _analysed(
    names: Mapping[UUID, tuple[UUID, str]], openings: Mapping[UUID, str]
) -> dict[UUID, tuple[UUID, str, DocumentWords]]:
    return {
        key: (version, name, DocumentWords.of(name, openings.get(key, ""))) for key, (version, name) in names.items()
    }
