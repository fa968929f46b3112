"""Notifications between processes of different versions, as during a rolling upgrade."""

import asyncio
from uuid import UUID

from sqlalchemy import text

from citewell.kit.ids import new_id
from citewell.process import Process
from citewell.turns.pubsub import PubSub


async def test_a_kind_of_notification_that_only_a_newer_version_knows_does_not_end_the_listening(
    process: Process,
) -> None:
    watched: asyncio.Queue[UUID] = asyncio.Queue()
    pubsub = PubSub(process.database, on_watch=watched.put_nowait, on_stop=watched.put_nowait)
    listening = asyncio.create_task(pubsub.run())
    try:
        async with asyncio.timeout(60):
            while watched.empty():  # until the connection listens
                await pubsub.watch(new_id())
                await asyncio.sleep(0)
            async with process.database.autocommit() as connection:
                await connection.execute(text("SELECT pg_notify('citewell_turns', 'rename conversation/7')"))
            turn_id = new_id()
            await pubsub.watch(turn_id)
            while not listening.done() and await watched.get() != turn_id:
                pass
        assert not listening.done()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
