"""Turns of processes that died: kept apart from the living by a lease, closed with what was said so far."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.kit.time import now
from citewell.models import Turn, TurnLog
from citewell.turns import entries
from citewell.turns.log import TurnKey, stored_entries
from citewell.turns.store import Outcome, close_turn

if TYPE_CHECKING:
    from citewell.runtime import Runtime

log = structlog.get_logger(__name__)

# Readers of the dead process may have seen entries that it had not written yet. The numbers of the closing entries
# lie far above any that they can have seen, so that numbers still only rise.
_SEQ_GAP = 1_000_000
_CODE = "server_died"
_MESSAGE = "The server that was answering stopped working: what it had said is kept, ask again."


async def keep_leases(runtime: "Runtime") -> None:
    """Renew the leases of this process's turns and close those of dead ones, until cancelled."""
    period = runtime.settings.turn_lease_seconds / 4
    while True:
        try:
            await _renew(runtime)
            await close_dead(runtime)
        except (SQLAlchemyError, OSError) as error:
            log.warning("lease_postponed", exc_info=error)
        await asyncio.sleep(period)


async def _renew(runtime: "Runtime") -> None:
    mine = list(runtime.turns.live)
    if not mine:
        return
    until = now() + timedelta(seconds=runtime.settings.turn_lease_seconds)
    async with runtime.database.begin() as session:
        await session.execute(
            update(Turn)
            .where(Turn.id.in_(mine), Turn.state == "running", Turn.owner == runtime.turns.owner)
            .values(lease_until=until)
        )


async def close_dead(runtime: "Runtime") -> int:
    """Close every turn whose lease has passed; how many there were."""
    query = select(Turn).where(Turn.state == "running", Turn.lease_until < now()).limit(100)
    async with runtime.database.sessions() as session:
        dead = list(await session.scalars(query))
    for turn in dead:
        await _close(runtime, turn)
    return len(dead)


async def close_if_dead(runtime: "Runtime", project_id: UUID, conversation_id: UUID) -> None:
    """Let a conversation whose turn died take its next message at once."""
    query = select(Turn).where(
        Turn.project_id == project_id,
        Turn.conversation_id == conversation_id,
        Turn.state == "running",
        Turn.lease_until < now(),
    )
    async with runtime.database.sessions() as session:
        turn = (await session.scalars(query)).one_or_none()
    if turn is not None:
        await _close(runtime, turn)


async def _close(runtime: "Runtime", turn: Turn) -> None:
    key = TurnKey(turn.project_id, turn.id, turn.conversation_id, turn.query_id)
    async with runtime.database.begin() as session:
        stored = await stored_entries(session, key)
        outcome = Outcome("failed", _said(stored), error_code=_CODE, error=_MESSAGE)
        if await close_turn(session, key, outcome) is not None:
            await _write_end(session, key, stored)
            log.info("turn_taken_over", turn=str(turn.id), owner=turn.owner)


def _said(stored: list[tuple[int, entries.Entry]]) -> list[dict[str, object]]:
    """The last answer text in the log, as the message that the history keeps."""
    text: list[str] = []
    for _, entry in stored:
        if entry["k"] == entries.START:
            text.clear()
        elif entry["k"] == entries.TEXT:
            text.append(entry["d"])
    if not text:
        return []
    extra = {"state": "failed", "used_tokens_input": 0, "used_tokens_output": 0, "citations": []}
    return [{"role": "assistant", "type": "message", "content": "".join(text), "extra": extra}]


async def _write_end(session: AsyncSession, key: TurnKey, stored: list[tuple[int, entries.Entry]]) -> None:
    seq = (stored[-1][0] if stored else 0) + _SEQ_GAP
    row = {
        "project_id": key.project_id,
        "turn_id": key.turn_id,
        "first_seq": seq,
        "last_seq": seq,
        "events": entries.encode_entries([entries.failed(_CODE, _MESSAGE)]),
    }
    await session.execute(insert(TurnLog), [row])
