"""The stored logs of turns."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.models import TurnLog
from citewell.turns.entries import decode_entries, encode_entries
from citewell.turns.log import Batch
from citewell.turns.turn import TurnKey

# A turn that another process has closed takes no more entries. FOR SHARE waits for a close in progress.
_INSERT = text(
    """
    WITH batch AS (
        SELECT * FROM unnest(
            CAST(:projects AS uuid[]), CAST(:turns AS uuid[]), CAST(:firsts AS int[]), CAST(:lasts AS int[]),
            CAST(:events AS bytea[])
        ) AS b (project_id, turn_id, first_seq, last_seq, events)
    ), mine AS (
        SELECT t.project_id, t.id FROM turns t JOIN batch b ON b.project_id = t.project_id AND b.turn_id = t.id
        WHERE t.state = 'running' AND t.owner = :owner
        FOR SHARE OF t
    )
    INSERT INTO turn_log (project_id, turn_id, first_seq, last_seq, events)
    SELECT b.* FROM batch b JOIN mine m ON m.project_id = b.project_id AND m.id = b.turn_id
    RETURNING turn_id
    """
)


async def store_batches(connection: AsyncConnection, owner: str, batches: Sequence[tuple[TurnKey, Batch]]) -> set[UUID]:
    """Stores the batches of turns that still belong to `owner`. Returns the ids of these turns."""
    parameters = {
        "projects": [key.project_id for key, _ in batches],
        "turns": [key.turn_id for key, _ in batches],
        "firsts": [batch.first_seq for _, batch in batches],
        "lasts": [batch.last_seq for _, batch in batches],
        "events": [encode_entries(batch.entries) for _, batch in batches],
        "owner": owner,
    }
    return set(await connection.scalars(_INSERT, parameters))


async def last_stored(
    connection: AsyncConnection, projects: Collection[UUID], turns: Sequence[UUID]
) -> dict[UUID, int]:
    """Returns the number of the last stored entry by turn, for turns that have any."""
    query = (
        select(TurnLog.turn_id, func.max(TurnLog.last_seq))
        .where(TurnLog.project_id.in_(projects), TurnLog.turn_id.in_(turns))
        .group_by(TurnLog.turn_id)
    )
    return dict((await connection.execute(query)).all())


async def stored_batches(session: AsyncSession | AsyncConnection, key: TurnKey, after: int = 0) -> list[Batch]:
    """Returns the stored entries with numbers above `after` in order. Consecutive entries are in one batch."""
    query = (
        select(TurnLog.first_seq, TurnLog.events)
        .where(TurnLog.project_id == key.project_id, TurnLog.turn_id == key.turn_id, TurnLog.last_seq > after)
        .order_by(TurnLog.first_seq)
    )
    rows = await session.execute(query)
    return _joined(Batch(first, decode_entries(events)).after(after) for first, events in rows)


def _joined(batches: Iterable[Batch]) -> list[Batch]:
    joined: list[Batch] = []
    for batch in batches:
        if joined and batch.first_seq == joined[-1].last_seq + 1:
            joined[-1] = Batch(joined[-1].first_seq, [*joined[-1].entries, *batch.entries])
        else:
            joined.append(batch)
    return joined
