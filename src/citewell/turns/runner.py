"""Runs turns. Each is a task of this process, independent of any connection.

The steps of a turn: run the agent, and log its events at once; store the messages and the end in one transaction; then
show readers the end.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from citewell.agent.events import AgentEvent
from citewell.agent.protocol import ModelError, Usage
from citewell.agent.reply import Emit
from citewell.errors import Unavailable
from citewell.kit import tracing
from citewell.kit.ids import new_id
from citewell.resources import Resources
from citewell.turns import entries, pubsub
from citewell.turns.answer import ask_agent
from citewell.turns.ending import store_end
from citewell.turns.lease import Leases, trusted_until
from citewell.turns.log import LiveLog
from citewell.turns.messages import Outcome
from citewell.turns.record import Record
from citewell.turns.slots import TurnSlots
from citewell.turns.turn import Turn
from citewell.turns.writer import LogWriter

log = structlog.get_logger(__name__)

_STORE_ATTEMPTS = 60  # one each second: a restart of the database takes less than this
_STORE_ATTEMPTS_AT_SHUTDOWN = 5  # service managers kill a process that takes long to stop
_LEAVING_SECONDS = 10.0  # for the turns of a command that is interrupted

Reason = Literal["stopped", "shutdown", "lost"]


class TurnRunner:
    """The turns of this process."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        self.live: dict[UUID, LiveLog] = {}
        self.pubsub = pubsub.PubSub(resources.database, self._watch, self._look_for_stops)
        self._writer = LogWriter(resources.database, self.owner, self.live, lambda turn: self._cancel(turn, "lost"))
        self._leases = Leases(
            resources.database, self.owner, self.live, self.stop, resources.settings.turn_lease_seconds
        )
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._reasons: dict[UUID, Reason] = {}
        self._slots = TurnSlots(self.live, resources.settings)
        self._closing = False
        self.hands_over = False  # whether readers of other processes' turns must reconnect to another server

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Writes logs, renews leases and listens to other processes. Shuts all turns down at the end of the block."""
        loops = self.resources.loops
        async with (
            loops.running("turn-writer", self._writer.run),
            loops.running("leases", self._leases.run),
            loops.running("turn-pubsub", self.pubsub.run),
        ):
            try:
                yield
            finally:
                # A server has waited for its turns before this. An interrupted command must not wait for minutes.
                await self.shut_down(min(self.resources.settings.turn_shutdown_seconds, _LEAVING_SECONDS))

    @property
    def is_closing(self) -> bool:
        """Whether the server shuts down and takes no new turns."""
        return self._closing

    @contextlib.contextmanager
    def opening(self, user_id: UUID) -> Iterator[None]:
        """Counts a turn as running while it is being opened, inside the block. Raises like `check_slots`."""
        self.check_slots(user_id)
        with self._slots.opening(user_id):
            yield

    def check_slots(self, user_id: UUID) -> None:
        """Raises Unavailable while the server shuts down, and TooManyRequests if the limits allow no further turn."""
        if self._closing:
            raise Unavailable("The server is shutting down: send again in a moment.", headers={"Retry-After": "5"})
        self._slots.check(user_id)

    def launch(self, turn: Turn, asked: float) -> None:
        """Starts the task of a turn. Its lease was requested at `asked`, in seconds of the monotonic clock."""
        turn_id = turn.key.turn_id
        leased_until = trusted_until(asked, self.resources.settings.turn_lease_seconds)
        live = self.live[turn_id] = LiveLog(turn.key, leased_until)
        self._writer.wake()
        task = asyncio.create_task(self._run(turn, live), name=f"turn:{turn_id}")
        self._tasks[turn_id] = task
        self._slots.enter(turn.user_id)
        task.add_done_callback(lambda _: self._forget(turn_id, turn.user_id))

    def stop(self, turn_id: UUID) -> None:
        """Stops the turn if this process runs it. The text so far becomes its answer."""
        self._cancel(turn_id, "stopped")

    async def shut_down(self, seconds: float) -> None:
        """Takes no new turns, waits up to `seconds` for the running ones, and ends the rest with their text so far."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._slots.until_empty()
        running = list(self._tasks.values())
        for turn_id in list(self._tasks):
            self._cancel(turn_id, "shutdown")
        await asyncio.gather(*running, return_exceptions=True)

    def hand_over(self) -> None:
        """Ends the streams of turns that other processes run, so that their readers reconnect to another server."""
        self.hands_over = True

    def _cancel(self, turn_id: UUID, reason: Reason) -> None:
        task = self._tasks.get(turn_id)
        if task is not None and turn_id not in self._reasons:
            self._reasons[turn_id] = reason
            task.cancel()

    def _forget(self, turn_id: UUID, user_id: UUID) -> None:
        self._slots.leave(user_id)
        self.live.pop(turn_id, None)
        self._tasks.pop(turn_id, None)
        self._reasons.pop(turn_id, None)
        self._writer.forget(turn_id)

    def _watch(self, turn_id: UUID) -> None:
        live = self.live.get(turn_id)
        if live is not None:
            live.watched = True

    def _look_for_stops(self, turn_id: UUID) -> None:
        if turn_id in self.live:
            self._leases.hurry()

    async def _run(self, turn: Turn, live: LiveLog) -> None:
        ids = {"project": str(turn.key.project_id), "turn": str(turn.key.turn_id)}
        structlog.contextvars.bind_contextvars(**ids)  # of this task alone, like the request's
        record = Record()

        def emit(events: Sequence[AgentEvent]) -> None:
            for event in events:
                record.add(event)
                entry = entries.entry_of(event)
                if entry is not None:
                    live.append(entry)

        outcome = await self._outcome(turn, record, emit)
        model = self.resources.models.served(turn.model)
        # Those of other models are counted where these are asked.
        own = Usage(outcome.tokens_input, outcome.tokens_output) - outcome.tokens_of_others
        self.resources.usage.count_tokens(turn.key.project_id, model, own.input_tokens, own.output_tokens)
        # From here on, cancelling the task must not keep the end from being stored.
        ending = asyncio.create_task(self._end(live, outcome, turn))
        while not ending.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(ending)

    async def _outcome(self, turn: Turn, record: Record, emit: Emit) -> Outcome:
        try:
            with tracing.span("invoke_agent", _trace_of(turn)) as told:
                answer = await ask_agent(self.resources, turn, emit)
                told[tracing.INPUT_TOKENS] = answer.usage.input_tokens
                told[tracing.OUTPUT_TOKENS] = answer.usage.output_tokens
            return record.completed(answer)
        except ModelError as error:
            log.warning("turn_failed", turn=str(turn.key.turn_id), code=error.code, reason=error.message)
            return record.broken_off("failed", error.code, error.message, error.detail or None)
        except asyncio.CancelledError:
            if self._reasons.get(turn.key.turn_id) == "stopped":
                return record.broken_off("stopped")
            return record.broken_off("failed", "server_shutdown", "The server was shut down: ask again.")
        except Exception as error:
            log.error("turn_broke", turn=str(turn.key.turn_id), exc_info=error)
            return record.broken_off("failed", "internal", "Something went wrong on the server: ask again.")

    async def _end(self, live: LiveLog, outcome: Outcome, turn: Turn) -> None:
        """Stores the end of the turn, with retries while the database is unavailable, then shows it to the readers."""
        last = [entries.failed("not_stored", "The answer could not be stored: ask again.")]
        try:
            await self._writer.release(live.key.turn_id)
            last = await self._store_with_retries(live, outcome, turn)
        except Exception as error:
            log.error("turn_not_stored", turn=str(live.key.turn_id), exc_info=error)
        live.end(last)

    async def _store_with_retries(self, live: LiveLog, outcome: Outcome, turn: Turn) -> list[entries.Entry]:
        attempt = 0
        while True:
            try:
                return await store_end(self.resources.database, live, outcome, turn)
            except (OperationalError, InterfaceError, OSError) as error:
                attempt += 1
                if attempt >= (_STORE_ATTEMPTS_AT_SHUTDOWN if self._closing else _STORE_ATTEMPTS):
                    raise
                reason = str(error).split("\n", 1)[0]
                log.warning("turn_end_postponed", turn=str(live.key.turn_id), attempt=attempt, reason=reason)
                await asyncio.sleep(1.0)


def _trace_of(turn: Turn) -> tracing.Attributes:
    key = turn.key
    attributes: tracing.Attributes = {tracing.OPERATION: "invoke_agent", tracing.PROJECT: str(key.project_id)}
    request = structlog.contextvars.get_contextvars().get("request_id", "")
    attributes |= {tracing.TURN: str(key.turn_id), tracing.CONVERSATION: str(key.conversation_id)}
    return attributes | {tracing.REQUEST: request}
