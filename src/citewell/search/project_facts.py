"""Facts about a project that a search needs: the languages of its documents, and the breadth of vector scans."""

import time
from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg

from citewell.db.direct import DirectConnection
from citewell.search.repository.candidates import languages_of, set_parameters, size_of

T = TypeVar("T")

DEPTH = 100  # passages that each half of a search brings
# A scan of a larger HNSW graph must keep more candidates to find the nearest. With one million passages a breadth of
# 150 found 83 of the 100 nearest, a breadth of 650 found 91 in twice the time. Small projects keep the small breadth.
_BREADTH = DEPTH + DEPTH // 2
VECTOR_SCANS = {"hnsw.ef_search": str(_BREADTH), "hnsw.iterative_scan": "strict_order"}
_GROWN = 50_000  # passages
_PASSAGES_A_STEP = 2_000  # further passages for which the breadth grows by one
_MOST_BREADTH = 1000  # the maximum of hnsw.ef_search
_MAX_LANGUAGES = 4
# The delay after which other processes know of a project's first document in another language.
_LANGUAGE_SECONDS = 1.0
_SIZE_SECONDS = 60.0
_MAX_PROJECTS = 10_000


class _Remembered(Generic[T]):
    """A value of each project, kept for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[UUID, tuple[float, T]] = {}

    def get(self, project_id: UUID) -> tuple[T] | None:
        """Returns the value in a tuple, because it may be None; None if it is not known."""
        kept = self._kept.get(project_id)
        return (kept[1],) if kept is not None and kept[0] > time.monotonic() else None

    def put(self, project_id: UUID, value: T) -> None:
        if len(self._kept) >= _MAX_PROJECTS:
            self._kept.clear()
        self._kept[project_id] = (time.monotonic() + self._seconds, value)

    def forget(self, project_id: UUID) -> None:
        self._kept.pop(project_id, None)


class ProjectFacts:
    """Reads these facts and remembers them."""

    def __init__(self) -> None:
        self._languages: _Remembered[list[str]] = _Remembered(_LANGUAGE_SECONDS)
        self._breadths: _Remembered[int | None] = _Remembered(_SIZE_SECONDS)

    def forget(self, project_id: UUID) -> None:
        """Forgets the languages; call it after documents were published."""
        self._languages.forget(project_id)

    async def languages(self, connection: DirectConnection, project_id: UUID) -> list[str]:
        """Returns the languages of the project's documents."""
        if known := self._languages.get(project_id):
            return known[0]
        found = await languages_of(connection, project_id)
        if found:  # no cache of an empty project: its first documents are found at once
            self._languages.put(project_id, found)
        return found

    async def breadth(self, connection: DirectConnection, project_id: UUID) -> int | None:
        """Returns the breadth that a scan of the project's vectors needs; None for the connection's own."""
        if known := self._breadths.get(project_id):
            return known[0]
        size = await size_of(connection, project_id)
        breadth = min(_BREADTH + size // _PASSAGES_A_STEP, _MOST_BREADTH) if size > _GROWN else None
        self._breadths.put(project_id, breadth)
        return breadth


async def configure_vector_scans(connection: psycopg.AsyncConnection[Any]) -> None:
    """Sets up HNSW scans: they return DEPTH rows, and continue if a filter leaves too few of them."""
    await set_parameters(connection, VECTOR_SCANS)


def query_languages(language: str, present: Sequence[str]) -> list[str]:
    """Returns the languages to analyse a query in: its own first, then the others of the project.

    A document is found by the stems of its own language, whatever language the query is in: a name in the query must be
    stemmed as the document stems it.
    """
    own_first = sorted(present, key=lambda code: code != language)
    return own_first[:_MAX_LANGUAGES] or [language]
