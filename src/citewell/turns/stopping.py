"""Stops a turn, in whichever process it runs."""

import asyncio
import contextlib

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.turns.reader import until_ended
from citewell.turns.repository.leases import set_cancel_requested
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey

_STOP_SECONDS = 5.0  # for which a request to stop waits for the end of the turn


async def request_stop(session: AsyncSession, key: TurnKey) -> None:
    """Asks the process that runs the turn to stop it. Takes effect when the session commits."""
    await set_cancel_requested(session, key)


async def stop_now(turns: TurnRunner, key: TurnKey) -> None:
    """Waits until the turn has ended, for at most _STOP_SECONDS. Call it after the commit of `request_stop`."""
    turns.stop(key.turn_id)
    if key.turn_id not in turns.live:
        await turns.pubsub.stop(key.turn_id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await until_ended(turns, key)
