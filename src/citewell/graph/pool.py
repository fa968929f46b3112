"""The processes that run queries: one for each recently queried project."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from citewell.artifacts.repository import latest
from citewell.db.engine import Database
from citewell.errors import TooManyRequests
from citewell.graph import repository
from citewell.graph.child import MAX_HOPS, GraphData, QueryRequest
from citewell.graph.mental_map import SLUG, joined, mental_map_of
from citewell.graph.worker import QUERY_SECONDS, Worker

MAX_WORKERS = 4
WAIT_SECONDS = 30.0  # for earlier queries
_EMPTY = (UUID(int=0), 0)


@dataclass
class _WorkerSlot:
    """The worker of one project.

    `state` identifies its graph: the id of the push, and the version of the mental map.
    """

    worker: Worker | None = None
    state: tuple[UUID, int] = _EMPTY
    used: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class GraphPool:
    """Runs queries on the newest graph of a project. Without a push, the graph is the mental map alone."""

    def __init__(self, database: Database, query_seconds: float = QUERY_SECONDS) -> None:
        self._database = database
        self._query_seconds = query_seconds
        self._slots: dict[UUID, _WorkerSlot] = {}
        self._turns = asyncio.Semaphore(MAX_WORKERS)

    async def query(
        self, project_id: UUID, cypher: str, parameters: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Returns the rows of a read-only query. Raises BadRequest, which names the position of an error, and
        TooManyRequests.
        """
        asked = QueryRequest(cypher, dict(parameters or {}), MAX_HOPS)
        slot = self._slots.setdefault(project_id, _WorkerSlot())
        async with self._turn(slot):
            worker = await self._worker(project_id, slot)
            return (await worker.ask(asked, self._query_seconds)).rows

    @contextlib.asynccontextmanager
    async def _turn(self, slot: _WorkerSlot) -> AsyncIterator[None]:
        """Lets one query of each project run at a time, and at most as many projects as there may be workers.

        Raises TooManyRequests after WAIT_SECONDS.
        """
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await stack.enter_async_context(slot.lock)
                    await stack.enter_async_context(self._turns)
            except TimeoutError:
                raise TooManyRequests(
                    "Too many questions are put to graphs at once: ask again in a moment.", headers={"Retry-After": "5"}
                ) from None
            yield

    async def _worker(self, project_id: UUID, slot: _WorkerSlot) -> Worker:
        state = await self._state(project_id)
        slot.used = time.monotonic()
        if slot.worker is None or not slot.worker.is_alive or slot.state != state:
            if slot.worker is not None:
                await slot.worker.kill()
            await self._make_room(slot)
            slot.worker, slot.state = await Worker.start(await self._graph(project_id)), state
        return slot.worker

    async def _state(self, project_id: UUID) -> tuple[UUID, int]:
        async with self._database.read() as session:
            rows = await latest(session, project_id, [SLUG])
            pushed = await repository.find_id(session, project_id)
            return pushed or _EMPTY[0], rows[SLUG].version if SLUG in rows else 0

    async def _graph(self, project_id: UUID) -> GraphData:
        async with self._database.read() as session:
            found = await repository.find_content(session, project_id)
            content = await mental_map_of(session, project_id)
        if found is None:
            return joined(GraphData([], []), content)
        nodes = [(labels, properties) for labels, properties in found.nodes]
        relations = [(kind, start, end, properties) for kind, start, end, properties in found.relations]
        return joined(GraphData(nodes, relations), content)

    async def _make_room(self, wanted: _WorkerSlot) -> None:
        """Ends the least recently used idle worker if the maximum number of workers runs."""
        alive = [one for one in self._slots.values() if one is not wanted and one.worker and one.worker.is_alive]
        idle = [one for one in alive if not one.lock.locked()]
        if len(alive) >= MAX_WORKERS and idle:
            oldest = min(idle, key=lambda one: one.used)
            if oldest.worker is not None:
                await oldest.worker.kill()
                oldest.worker = None

    async def aclose(self) -> None:
        for slot in self._slots.values():
            if slot.worker is not None:
                await slot.worker.kill()
