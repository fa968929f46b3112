"""SQL of usage: what a project holds and has used, of one month or of all time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_USAGE = text(
    """
    SELECT p.created_at AS project_created_at, held.*, counted.retrieval_operations_count,
        (SELECT count(*) FROM conversations c WHERE c.project_id = p.id
            AND (CAST(:first AS timestamptz) IS NULL OR c.created_at >= :first AND c.created_at < :next)
        ) AS playground_conversations_count
    FROM projects p,
    LATERAL (
        SELECT coalesce(sum(d.file_size), 0)::bigint AS total_documents_size_bytes,
            count(*) AS total_documents_count, coalesce(sum(d.page_count), 0)::bigint AS total_page_count
        FROM documents d WHERE d.project_id = p.id AND d.status = 'active' AND d.local_to IS NULL
            AND (CAST(:first AS timestamptz) IS NULL OR d.created_at >= :first AND d.created_at < :next)
    ) held,
    LATERAL (
        SELECT coalesce(sum(r.count), 0)::bigint AS retrieval_operations_count FROM retrieval_counts r
        WHERE r.project_id = p.id AND (CAST(:first AS timestamptz) IS NULL OR r.month = CAST(:month AS date))
    ) counted
    WHERE p.id = :project
    """
)
_TOKENS = text(
    "SELECT model, sum(input)::bigint AS tokens_input, sum(output)::bigint AS tokens_output FROM token_counts"
    " WHERE project_id = :project AND (CAST(:month AS date) IS NULL OR month = CAST(:month AS date))"
    " GROUP BY model ORDER BY model"
)


async def get_usage(
    session: AsyncSession, project_id: UUID, start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """Returns what the project holds that was made from `start` until before `end`, its searches in the month of
    `start`, and when it was created.

    Without `start` and `end`, of all time.
    """
    parameters = {"project": project_id, "first": start, "next": end, "month": start.date() if start else None}
    return dict((await session.execute(_USAGE, parameters)).one()._mapping)


async def tokens_by_model(session: AsyncSession, project_id: UUID, start: datetime | None) -> list[dict[str, Any]]:
    """`model`, `tokens_input` and `tokens_output` of each model that was used in the month that begins at `start`, or
    ever where it is None."""
    parameters = {"project": project_id, "month": start.date() if start else None}
    return [dict(row._mapping) for row in await session.execute(_TOKENS, parameters)]
