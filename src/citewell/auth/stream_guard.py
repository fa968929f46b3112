"""Ends streams, and answers that are still being made, whose reader has lost the right to read them.

Both may last for minutes after their request was authorised. Every two seconds one statement checks all streams and
answers of the process: whether the token or session is still valid, the caller still a member, and the conversation
still readable. Those of readers without a token of ours bring a check of their own.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import structlog
from fastapi import Request

from citewell.auth.access import Access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission, allows
from citewell.auth.repository import list_readers
from citewell.db.engine import Database
from citewell.errors import CitewellError, Forbidden
from citewell.kit.outages import outage

log = structlog.get_logger(__name__)

T = TypeVar("T")

LOOK_SECONDS = 2.0
# Raises CitewellError if the user may not read the conversation of the row, None if there is no such conversation.
MayRead = Callable[[Access, Any], Any]
# Returns whether the reader may read on.
Check = Callable[[], Awaitable[bool]]


@dataclass(eq=False)
class _Stream:
    """A stream that is being read, or an answer that is being made.

    `waiting` is the task that waits for its next event or makes the answer.
    """

    is_lost: bool = False
    waiting: asyncio.Task[Any] | None = field(default=None, repr=False)

    def end(self) -> None:
        """Ends the stream once: a second cancellation would look like one by somebody else."""
        if self.is_lost:
            return
        self.is_lost = True
        if self.waiting is not None:
            self.waiting.cancel()


@dataclass(eq=False, kw_only=True)
class _CallersStream(_Stream):
    access: Access
    credential: UUID
    conversation_id: UUID | None


@dataclass(eq=False, kw_only=True)
class _CheckedStream(_Stream):
    may_read_on: Check


class StreamGuard:
    """The streams of one process."""

    def __init__(self, database: Database, may_read: MayRead) -> None:
        self._database = database
        self._may_read = may_read
        self._streams: set[_Stream] = set()
        self._looking: asyncio.Task[None] | None = None

    async def guarded(
        self,
        events: AsyncGenerator[bytes],
        request: Request,
        access: Access,
        conversation_id: UUID | None,
        last: Callable[[], bytes],
        change: Callable[[bytes], bytes] = bytes,
    ) -> AsyncGenerator[bytes]:
        """Yields the events, each as `change` makes it, while the reader may read them; then `last()` in place of the
        rest.

        Without a conversation, the reader needs the right to read the project.
        """
        credential = request.state.credential_id
        stream = _CallersStream(access=access, credential=credential, conversation_id=conversation_id)
        async with contextlib.aclosing(self._until_lost(events, stream, last, change)) as guarded:
            async for event in guarded:
                yield event

    async def finish(
        self, work: Coroutine[Any, Any, T], request: Request, access: Access, conversation_id: UUID | None = None
    ) -> T:
        """Returns what the work returns. Cancels it and raises Forbidden if the reader loses the right before.

        Without a conversation, the reader needs the right to read the project.
        """
        credential = request.state.credential_id
        stream = _CallersStream(access=access, credential=credential, conversation_id=conversation_id)
        return await self._finish(work, stream)

    async def finish_checked(self, work: Coroutine[Any, Any, T], may_read_on: Check) -> T:
        """Like `finish`; `may_read_on` is asked every two seconds."""
        return await self._finish(work, _CheckedStream(may_read_on=may_read_on))

    async def _finish(self, work: Coroutine[Any, Any, T], stream: _Stream) -> T:
        # The work is a task of its own, so that it alone is cancelled, whatever cancels the caller.
        stream.waiting = task = asyncio.create_task(work)
        with self._watched(stream):
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
                await asyncio.wait([task])
        if stream.is_lost:
            raise Forbidden("You may no longer read this.")
        return task.result()

    async def guarded_by(
        self, events: AsyncGenerator[bytes], may_read_on: Check, last: Callable[[], bytes]
    ) -> AsyncGenerator[bytes]:
        """Yields the events while `may_read_on` returns True, which is asked every two seconds; then `last()` in place
        of the rest.
        """
        async with contextlib.aclosing(self._until_lost(events, _CheckedStream(may_read_on=may_read_on), last)) as left:
            async for event in left:
                yield event

    async def _until_lost(
        self,
        events: AsyncGenerator[bytes],
        stream: _Stream,
        last: Callable[[], bytes],
        change: Callable[[bytes], bytes] = bytes,
    ) -> AsyncGenerator[bytes]:
        with self._watched(stream):
            async with contextlib.aclosing(events):
                while True:
                    stream.waiting = asyncio.current_task()
                    try:
                        event = await anext(events)
                    except StopAsyncIteration:
                        return
                    except asyncio.CancelledError:
                        if not stream.is_lost or stream.waiting is None or stream.waiting.uncancel():
                            raise
                        break
                    finally:
                        stream.waiting = None
                    if stream.is_lost:
                        break
                    yield change(event)
            yield last()

    @contextlib.contextmanager
    def _watched(self, stream: _Stream) -> Iterator[None]:
        self._streams.add(stream)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_again_and_again(), name="stream-guard")
        try:
            yield
        finally:
            self._streams.discard(stream)

    async def _look_again_and_again(self) -> None:
        while self._streams:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as error:
                # Readers wait for a database that is away, as their streams do; nothing else may end this loop.
                if outage(error) is None:
                    log.error("stream_guard_failed", exc_info=error)

    async def look(self) -> None:
        """End the streams whose readers have lost their right."""
        for checked in [stream for stream in self._streams if isinstance(stream, _CheckedStream)]:
            if not await self._may_read_on(checked):
                checked.end()
        streams = [stream for stream in self._streams if isinstance(stream, _CallersStream)]
        if not streams:
            return
        parameters: dict[str, list[Any]] = {
            "n": list(range(len(streams))),
            "credential": [stream.credential for stream in streams],
            "caller": [stream.access.caller.user_id for stream in streams],
            "acting": [stream.access.acting.user_id for stream in streams],
            "project": [stream.access.project_id for stream in streams],
            "conversation": [stream.conversation_id for stream in streams],
        }
        rows = {row.n: row for row in await list_readers(self._database, parameters)}
        for number, stream in enumerate(streams):
            row = rows.get(number)
            if row is None or not self._is_permitted(stream, row):
                stream.end()

    async def _may_read_on(self, stream: _CheckedStream) -> bool:
        """Asks the stream's own check. One that fails ends neither its stream nor the checks of the others."""
        try:
            return await stream.may_read_on()
        except Exception as error:
            if outage(error) is None:
                log.error("stream_guard_failed", exc_info=error)
            return True

    def _is_permitted(self, stream: _CallersStream, row: Any) -> bool:
        old = stream.access
        caller = Caller(old.caller.user_id, old.caller.email, row.caller_is_superuser)
        acting = Caller(old.acting.user_id, old.acting.email, row.acting_is_superuser)
        access = Access(old.project_id, caller, acting, frozenset(row.acting_permissions or ()))
        if not access.allows(Permission.VIEW):
            return False
        may_impersonate = caller.is_superuser or allows(row.caller_permissions or (), Permission.IMPERSONATE)
        if access.is_impersonated and not may_impersonate:
            return False
        if row.id is None:
            return True  # deleted: the stream's own end says so
        try:
            self._may_read(access, row)
        except CitewellError:
            return False
        return True
