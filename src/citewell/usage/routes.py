"""The usage of a project over HTTP: what it holds, and what was done in it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.dependencies import ResourcesParam, Viewer
from citewell.errors import InvalidFields
from citewell.metering.prices import Prices
from citewell.usage import repository

router = APIRouter(prefix="/projects/{project_id}/usage", tags=["Usage"])

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_LAST_YEAR = 9998  # the month after is a date as well


class ModelUsage(BaseModel):
    """`cost` is null for a model without a price in the settings."""

    model: str
    tokens_input: int
    tokens_output: int
    cost: float | None


class Usage(BaseModel):
    """The use of one month (UTC), or of all time without a month.

    Counts the documents and conversations that were made in it and still exist, the searches, and the tokens of answers
    by model. Local documents are not counted. `month_end` is the first moment after it. `cost` is in `currency`, and
    null where the price of one of the models is not known.
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
        found = await repository.get_usage(session, access.project_id, start, end)
        found |= await _tokens(session, access.project_id, start, Prices(resources.settings))
    return found | {"month": month or None, "month_start": start, "month_end": end}


async def _tokens(session: AsyncSession, project_id: UUID, start: datetime | None, prices: Prices) -> dict[str, Any]:
    models = await repository.tokens_by_model(session, project_id, start)
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
