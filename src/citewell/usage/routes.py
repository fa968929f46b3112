"""The usage of a project over HTTP: what it holds, and what was done in it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.dependencies import ResourcesParam, Viewer
from citewell.errors import InvalidFields
from citewell.metering.prices import Prices

router = APIRouter(prefix="/projects/{project_id}/usage", tags=["Usage"])

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_LAST_YEAR = 9998  # the month after is a date as well
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


class ModelUsage(BaseModel):
    """`cost` is null for a model without a price in the settings."""

    model: str
    tokens_input: int
    tokens_output: int
    cost: float | None


class Usage(BaseModel):
    """Of one month (UTC): the documents and conversations that were made in it and are there, the searches, and the
    tokens of answers by model.

    Without a month, of all time. Local documents are not counted. `month_end` is the first moment after it. `cost` is
    in `currency`, and null where the price of one of the models is not known.
    """

    total_documents_size_bytes: int
    total_documents_count: int
    total_page_count: int
    retrieval_operations_count: int
    playground_conversations_count: int
    month: str | None
    month_start: datetime | None
    month_end: datetime | None
    project_created_at: datetime
    tokens_input: int
    tokens_output: int
    cost: float | None
    currency: str
    models: list[ModelUsage]


@router.get("/", operation_id="getUsage", response_model=Usage)
async def get_usage(
    access: Viewer,
    resources: ResourcesParam,
    month: Annotated[str | None, Query(max_length=100, description="YYYY-MM; all time if absent.")] = None,
) -> Any:
    start, end = _bounds(month) if month else (None, None)
    await resources.usage.flush()
    async with resources.database.read() as session:
        found = await _usage(session, access.project_id, start, end)
        found |= await _tokens(session, access.project_id, start, Prices(resources.settings))
    return found | {"month": month or None, "month_start": start, "month_end": end}


async def _usage(session: AsyncSession, project_id: UUID, start: datetime | None, end: datetime | None) -> Any:
    parameters = {"project": project_id, "first": start, "next": end, "month": start.date() if start else None}
    return dict((await session.execute(_USAGE, parameters)).one()._mapping)


async def _tokens(session: AsyncSession, project_id: UUID, start: datetime | None, prices: Prices) -> dict[str, Any]:
    parameters = {"project": project_id, "month": start.date() if start else None}
    models = [dict(row._mapping) for row in await session.execute(_TOKENS, parameters)]
    for one in models:
        one["cost"] = prices.cost(one["model"], one["tokens_input"], one["tokens_output"])
    costs = [one["cost"] for one in models]
    return {
        "tokens_input": sum(one["tokens_input"] for one in models),
        "tokens_output": sum(one["tokens_output"] for one in models),
        "cost": None if None in costs else sum(costs),
        "currency": prices.currency,
        "models": models,
    }


def _bounds(month: str) -> tuple[datetime, datetime]:
    match = _MONTH.fullmatch(month)
    year, number = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= year <= _LAST_YEAR and 1 <= number <= 12):
        raise InvalidFields({"month": ["Must be a month as YYYY-MM, like 2026-03."]})
    start = datetime(year, number, 1, tzinfo=UTC)
    return start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
