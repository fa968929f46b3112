"""Running turns: one task each, owned by this process and by no connection.

The steps of a turn: ask the agent; log what it does as it does it; store the messages and the end in one transaction;
only then tell the readers that it has ended.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from citewell.agent.events import AgentEvent
from citewell.agent.protocol import ModelError
from citewell.conversations.schemas import message_to_wire
from citewell.errors import Unavailable
from citewell.kit.ids import new_id
from citewell.models import Message
from citewell.turns import entries
from citewell.turns.answer import ask_agent
from citewell.turns.log import LiveLog, TurnKey, stored_entries
from citewell.turns.record import Record
from citewell.turns.store import Outcome, close_turn

if TYPE_CHECKING:
    from citewell.runtime import Runtime

log = structlog.get_logger(__name__)

WRITE_SECONDS = 0.2
_STORE_ATTEMPTS = 60  # one a second: a database that restarts comes back well within it


Emit = Callable[[Sequence[AgentEvent]], None]


@dataclass(frozen=True)
class TurnWork:
    """All that the work on an answer needs, read when the turn was opened. `history` holds (role, content)."""

    key: TurnKey
    question: str
    history: list[tuple[str, str]]
    instructions: str
    brief: str
    model: str
    tools: list[UUID]
    base_url: str


class TurnRunner:
    """The turns of this process."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        self.live: dict[UUID, LiveLog] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._closing = False

    def check_open(self) -> None:
        """Raises Unavailable while the server shuts down."""
        if self._closing:
            raise Unavailable("The server is shutting down: send again in a moment.", headers={"Retry-After": "5"})

    def launch(self, work: TurnWork) -> LiveLog:
        turn_id = work.key.turn_id
        live = self.live[turn_id] = LiveLog(work.key)
        task = asyncio.create_task(self._run(work, live), name=f"turn:{turn_id}")
        self._tasks[turn_id] = task
        task.add_done_callback(lambda _: self._forget(turn_id))
        return live

    def _forget(self, turn_id: UUID) -> None:
        self.live.pop(turn_id, None)
        self._tasks.pop(turn_id, None)

    async def shut_down(self, seconds: float) -> None:
        """Take no new turns, let the running ones end within the limit, close the rest with what was said."""
        self._closing = True
        running = list(self._tasks.values())
        if not running:
            return
        _, pending = await asyncio.wait(running, timeout=seconds)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _run(self, work: TurnWork, live: LiveLog) -> None:
        record = Record()

        def emit(events: Sequence[AgentEvent]) -> None:
            for event in events:
                record.add(event)
                entry = entries.entry_of(event)
                if entry is not None:
                    live.append(entry)

        answered = asyncio.Event()
        writing = asyncio.create_task(self._write_regularly(live, answered))
        outcome = await self._outcome(work, record, emit)
        # From here on the task may be cancelled, by a shutdown that has waited long enough, but not undone.
        await asyncio.shield(asyncio.create_task(self._end(live, outcome, answered, writing)))

    async def _outcome(self, work: TurnWork, record: Record, emit: Emit) -> Outcome:
        try:
            await ask_agent(self._runtime, work, emit)
            return record.outcome("completed")
        except ModelError as error:
            log.warning("turn_failed", turn=str(work.key.turn_id), code=error.code, exc_info=error)
            return record.outcome("failed", error.code, error.message)
        except asyncio.CancelledError:
            return record.outcome("failed", "server_shutdown", "The server was shut down: ask again.")
        except Exception as error:
            log.error("turn_broke", turn=str(work.key.turn_id), exc_info=error)
            return record.outcome("failed", "internal", "Something went wrong on the server: ask again.")

    async def _end(self, live: LiveLog, outcome: Outcome, answered: asyncio.Event, writing: asyncio.Task[None]) -> None:
        """Store the end, again and again while the database is away, then show it to the readers."""
        answered.set()
        await writing
        for attempt in range(_STORE_ATTEMPTS):
            try:
                last = await self._store(live, outcome)
            except (SQLAlchemyError, OSError) as error:
                log.warning("turn_end_postponed", turn=str(live.key.turn_id), attempt=attempt, exc_info=error)
                await asyncio.sleep(1.0)
            else:
                for entry in last:
                    live.append(entry)
                return
        live.append(entries.failed("not_stored", "The answer could not be stored: ask again."))

    async def _store(self, live: LiveLog, outcome: Outcome) -> list[entries.Entry]:
        """Close the turn in the database; the entries that its log ends with."""
        async with self._runtime.database.begin() as session:
            messages = await close_turn(session, live.key, outcome)
            if messages is None:
                # Closed already: by this process, in a commit whose answer was lost, or by one that took it over.
                return [entry for _, entry in await stored_entries(session, live.key, after=live.last_seq)]
            last = final_entries(outcome, messages)
            written = await live.write(session, last)
        live.confirm(written)
        return last

    async def _write_regularly(self, live: LiveLog, answered: asyncio.Event) -> None:
        """Write new entries to Postgres in small batches until the answer is there."""
        while not answered.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), WRITE_SECONDS)
            if answered.is_set() or not live.unwritten:
                continue
            try:
                async with self._runtime.database.begin() as session:
                    written = await live.write(session)
                live.confirm(written)
            except (SQLAlchemyError, OSError) as error:
                log.warning("turn_log_postponed", turn=str(live.key.turn_id), exc_info=error)


def final_entries(outcome: Outcome, messages: Sequence[Message]) -> list[entries.Entry]:
    """The finished messages as events, then the one terminal entry."""
    last = [entries.message(message_to_wire(message)) for message in messages if message.type == "message"]
    if outcome.state == "completed":
        return [*last, entries.completed()]
    return [*last, entries.failed(outcome.error_code or "internal", outcome.error or "The turn failed.")]
