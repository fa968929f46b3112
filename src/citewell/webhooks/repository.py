"""SQL of webhooks and of their outbox."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.models import Webhook, WebhookDelivery

_LOG_COLUMNS = "id, webhook_id, event, state, attempts, next_attempt_at, created_at, updated_at, log"
# The oldest due deliveries of each webhook; then the first ones of each project before any second one.
_TAKE = text("""
    WITH due AS (
        SELECT d.project_id, d.id, row_number() OVER (PARTITION BY d.project_id ORDER BY d.next_attempt_at) AS place
        FROM webhooks w CROSS JOIN LATERAL (
            SELECT o.project_id, o.id, o.next_attempt_at FROM webhook_deliveries o
            WHERE o.project_id = w.project_id AND o.webhook_id = w.id AND o.state = 'waiting'
                AND o.next_attempt_at <= clock_timestamp()
            ORDER BY o.next_attempt_at LIMIT :of_project FOR UPDATE SKIP LOCKED
        ) d
        WHERE w.enabled AND w.project_id <> ALL (CAST(:busy AS uuid[]))
    ), chosen AS (
        SELECT project_id, id FROM due WHERE place <= :of_project ORDER BY place LIMIT :room
    )
    UPDATE webhook_deliveries d
    SET attempts = d.attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => :lease)
    FROM chosen c WHERE d.project_id = c.project_id AND d.id = c.id
    RETURNING d.project_id, d.id
""")


async def list_webhooks(session: AsyncSession, project_id: UUID) -> list[Webhook]:
    """Returns the webhooks of a project, oldest first."""
    query = select(Webhook).where(Webhook.project_id == project_id).order_by(Webhook.created_at, Webhook.id)
    return list(await session.scalars(query))


async def count_webhooks(session: AsyncSession, project_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(Webhook.project_id == project_id)) or 0


async def list_deliveries(
    database: Database, project_id: UUID, webhook_id: UUID, state: str | None, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of deliveries of a webhook in `state`, page of them, newest first)."""
    selection = Selection(_LOG_COLUMNS, "webhook_deliveries", "created_at DESC, id DESC")
    selection.where("project_id = %(project)s AND webhook_id = %(webhook)s", project=project_id, webhook=webhook_id)
    if state is not None:
        selection.where("state = %(state)s", state=state)
    return await read_page(database, selection, limit, offset)


async def lease_due(
    session: AsyncSession, busy: Sequence[UUID], of_project: int, room: int, seconds: float
) -> list[tuple[UUID, UUID]]:
    """Lease at most `room` deliveries that are due, of each project at most `of_project`, of those in `busy` none.

    Returns (project id, delivery id) of each, whose next attempt is `seconds` from now.
    """
    values = {"busy": busy, "of_project": of_project, "room": room, "lease": seconds}
    return [(row.project_id, row.id) for row in await session.execute(_TAKE, values)]


async def requeue(session: AsyncSession, delivery: WebhookDelivery) -> None:
    """Makes the delivery due now, with all its attempts."""
    delivery.state, delivery.attempts, delivery.next_attempt_at = "waiting", 0, func.clock_timestamp()
    await session.flush()
    await session.refresh(delivery)
