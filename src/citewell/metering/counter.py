"""Counting searches and tokens: in memory first, then every few seconds in the database, all projects at once."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.engine import Database
from citewell.kit.loops import Supervisor
from citewell.kit.outages import is_stored
from citewell.kit.time import now
from citewell.metering.repository import SearchKey, TokenKey, add_searches, add_tokens

log = structlog.get_logger(__name__)

_FLUSH_SECONDS = 5.0


class UsageCounter:
    """The counts of this process that are not written yet. A crash loses a few seconds of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[SearchKey] = Counter()
        self._tokens: dict[TokenKey, tuple[int, int]] = {}
        self._writing = asyncio.Lock()

    def count(self, project_id: UUID) -> None:
        """One more search in the project, now."""
        self._counts[project_id, _month()] += 1

    def count_tokens(self, project_id: UUID, model: str, tokens_input: int, tokens_output: int) -> None:
        """Counts the tokens that a model has read and written for the project, in the current month."""
        if tokens_input or tokens_output:
            self._add_tokens((project_id, _month(), model), tokens_input, tokens_output)

    def _add_tokens(self, key: TokenKey, tokens_input: int, tokens_output: int) -> None:
        known_input, known_output = self._tokens.get(key, (0, 0))
        self._tokens[key] = known_input + tokens_input, known_output + tokens_output

    async def flush(self) -> None:
        """Write what was counted so far. What cannot be written is kept for the next time, and the error raised."""
        async with self._writing:
            await self._flush_searches()
            await self._flush_tokens()

    async def _flush_searches(self) -> None:
        taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            async with self._database.autocommit() as connection:
                await add_searches(connection, taken)
        except BaseException as error:
            if not is_stored(error):
                self._counts.update(taken)
            raise

    async def _flush_tokens(self) -> None:
        taken, self._tokens = self._tokens, {}
        if not taken:
            return
        try:
            async with self._database.autocommit() as connection:
                await add_tokens(connection, taken)
        except BaseException as error:
            for key, counts in taken.items() if not is_stored(error) else ():
                self._add_tokens(key, *counts)
            raise

    @contextlib.asynccontextmanager
    async def running(self, loops: Supervisor) -> AsyncIterator[None]:
        """Writes every few seconds, and once more at the end."""
        try:
            async with loops.running("usage", self._write_again_and_again):
                yield
        finally:
            await self._flush_or_say()

    async def _write_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._flush_or_say()

    async def _flush_or_say(self) -> None:
        try:
            await self.flush()
        except (SQLAlchemyError, OSError) as error:
            log.warning("usage_not_written", reason=str(error).split("\n", 1)[0])


def _month() -> date:
    return now().date().replace(day=1)
