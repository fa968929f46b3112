"""Stores a model's answers about a document until its result is made.

A document of many pages needs many answers, and a process may be killed between any two of them. Each answer is stored
as soon as it arrives. The process that continues reads it from here: only calls that were under way at the kill are
made again. The answers are deleted when the result is stored.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import Model, ModelEvent, ModelRequest, TextDelta
from citewell.db.engine import Database
from citewell.extractors.repository.results import find_answers, store_answer
from citewell.extractors.results import Input


class RememberedModel:
    """A model whose answers about one document are stored. What was answered before is not asked again."""

    def __init__(self, model: Model, database: Database, project_id: UUID, one: Input, known: dict[UUID, str]) -> None:
        self.name = model.name
        self._model = model
        self._database = database
        self._project_id = project_id
        self._input = one
        self._known = known

    @property
    def takes_tools(self) -> bool:
        return self._model.takes_tools

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the answer in one piece. Raises ModelError."""
        asked = hashlib.sha256(msgspec.json.encode(request) + self.name.encode()).hexdigest()
        key = uuid5(self._input.result_id, asked)
        if (said := self._known.get(key)) is None:
            said = ""
            async for events in self._model.stream(request):
                said += "".join(event.text for event in events if isinstance(event, TextDelta))
            said = said.replace("\x00", "").encode(errors="replace").decode()
            await self._store(key, said)
        yield [TextDelta(said)]

    async def _store(self, key: UUID, said: str) -> None:
        one = self._input
        await store_answer(self._database, self._project_id, key, one.result_id, one.version_id, said)

    async def aclose(self) -> None:
        """The model itself stays open: others use it."""


async def known_answers(session: AsyncSession, project_id: UUID, some: Sequence[Input]) -> dict[UUID, str]:
    """Returns the stored answers about these documents, by their key."""
    return await find_answers(session, project_id, [one.result_id for one in some])
