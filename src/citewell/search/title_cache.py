"""Keeps the names of each project's documents in memory, and refreshes them in the background."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citewell.db.direct import DirectConnection, fetch
from citewell.db.engine import Database
from citewell.search.titles import DocumentWords, Titles

_MAX_PROJECTS = 1_000
_MAX_DOCUMENTS = 50_000  # of a project; in a larger one names are not used
_MAX_OPENINGS = 5_000  # documents of which the first page is read as well
_OPENING_CHARS = 1_500
_AT_ONCE = 300  # most documents whose names a search waits for
_FRESH_SECONDS = 2.0
_SHARE_OF_TIME = 20.0  # reading names takes at most a twentieth of one thread
_BATCH = 500
_OWN = (
    "FROM documents WHERE project_id = %(project)s AND local_to IS NULL AND status = 'active'"
    f" AND live_version_id IS NOT NULL LIMIT {_MAX_DOCUMENTS + 1}"
)


class _Known:
    """The names that are known of one project."""

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
        """The documents that the query names, each with its share (see `Titles.named`)."""
        return (await self.titles(project_id)).named(query)

    async def naming(self, project_id: UUID, query: str, documents: Sequence[UUID]) -> frozenset[str]:
        """The words by which the query names these documents (see `Titles.naming`)."""
        return (await self.titles(project_id)).naming(query, documents)

    async def titles(self, project_id: UUID) -> Titles:
        """The names of the project's documents.

        A search does not wait for those of a large project: they may be some seconds old, or not known yet.
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
            state = await _state(connection, project_id)
            if state != known.state:
                await _read(connection, project_id, known)
                known.state = state
        took = time.monotonic() - started
        known.until = time.monotonic() + max(_FRESH_SECONDS, took * _SHARE_OF_TIME)


async def _read(connection: DirectConnection, project_id: UUID, known: _Known) -> None:
    """Read the names of documents that are new or have changed, and leave out those that are gone."""
    live = await _live(connection, project_id)
    missing = [key for key, named in live.items() if known.words.get(key, ())[:2] != named]
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        openings = await _openings(connection, project_id, batch) if len(live) <= _MAX_OPENINGS else {}
        known.words |= await asyncio.to_thread(_analysed, {key: live[key] for key in batch}, openings)
    known.words = {key: found for key, found in known.words.items() if key in live}
    known.titles = await asyncio.to_thread(Titles, {key: found[2] for key, found in known.words.items()})


def _analysed(
    names: Mapping[UUID, tuple[UUID, str]], openings: Mapping[UUID, str]
) -> dict[UUID, tuple[UUID, str, DocumentWords]]:
    return {
        key: (version, name, DocumentWords.of(name, openings.get(key, ""))) for key, (version, name) in names.items()
    }


async def _state(connection: DirectConnection, project_id: UUID) -> tuple[Any, ...]:
    """What differs as soon as a document, its live version or its name does. Counting is left to the database: to read
    the names of thousands of documents every few seconds would hold up searches."""
    row = "hash_record_extended(ROW(id, live_version_id, name), 0)"
    statement = f"SELECT count(*), sum({row}) FROM (SELECT id, live_version_id, name {_OWN}) AS own"  # noqa: S608
    [found] = await fetch(connection, statement, {"project": project_id})
    return tuple(found)


async def _live(connection: DirectConnection, project_id: UUID) -> dict[UUID, tuple[UUID, str]]:
    """(live version, name) of each of the project's own documents; empty if there are too many."""
    rows = await fetch(connection, f"SELECT id, live_version_id, name {_OWN}", {"project": project_id})
    return {} if len(rows) > _MAX_DOCUMENTS else {row[0]: (row[1], row[2]) for row in rows}


async def _openings(connection: DirectConnection, project_id: UUID, documents: list[UUID]) -> dict[UUID, str]:
    """The title and the beginning of the first page, of the documents with several pages."""
    statement = (
        "SELECT d.id, coalesce(v.title, '') || ' ' || left(string_agg(c.content, ' ' ORDER BY c.ordinal),"  # noqa: S608
        f" {_OPENING_CHARS}) FROM documents d"
        " JOIN document_versions v ON v.project_id = d.project_id AND v.id = d.live_version_id"
        " JOIN chunks c ON c.project_id = d.project_id AND c.version_id = d.live_version_id"
        " AND c.ordinal < 4 AND c.min_page = 1"
        " WHERE d.project_id = %(project)s AND d.id = ANY(%(documents)s) AND d.page_count > 1"
        " GROUP BY d.id, v.title"
    )
    rows = await fetch(connection, statement, {"project": project_id, "documents": documents})
    return {row[0]: row[1] for row in rows}
