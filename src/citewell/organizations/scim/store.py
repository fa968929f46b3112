"""Rows of `scim_resources` as SCIM resources, and the search among them."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from scim2_models import InvalidFilterException, Meta, NotFoundException, Resource, ScimFilter, TooManyException
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import ScimResource
from citewell.organizations.repository.directory import list_resources, page_of_resources
from citewell.organizations.scim.description import MODELS

_LONGEST_FILTER = 1000
_MOST_SCANNED = 5000
# Filters that directories send before they create something: answered by an index, or at least by the database.
_SIMPLE = re.compile(r'\s*(userName|displayName|externalId)\s+eq\s+"([^"\\]*)"\s*', re.IGNORECASE)


def kind_of(collection: str) -> str:
    return collection.removesuffix("s")


async def get_row(session: AsyncSession, organization_id: UUID, collection: str, identity: str) -> ScimResource:
    """Raises NotFoundException, also for what is no id."""
    try:
        key = (organization_id, UUID(identity))
    except ValueError:
        key = None
    row = await session.get(ScimResource, key) if key is not None else None
    if row is None or row.kind != kind_of(collection):
        raise NotFoundException(detail=f"There is no {kind_of(collection)} {identity[:100]}.")
    return row


def to_resource(row: ScimResource, base: str) -> Resource[Any]:
    """Returns the resource as it was sent, with its id and where it is."""
    collection = f"{row.kind}s"
    found = MODELS[collection].model_validate(row.data)
    found.id = str(row.id)
    found.meta = Meta(
        resource_type=row.kind,
        created=row.created_at,
        last_modified=row.updated_at,
        location=f"{base}/{collection}/{row.id}",
    )
    return found


def to_data(resource: Resource[Any]) -> dict[str, Any]:
    """Returns what is stored of a resource. Passwords are left out: people sign in at their provider."""
    data = resource.model_dump()
    for name in ("id", "meta", "password", "groups"):
        data.pop(name, None)
    return data


async def search(
    session: AsyncSession, organization_id: UUID, collection: str, filter_text: str | None, base: str
) -> list[Resource[Any]]:
    """Returns the resources that the filter takes, oldest first. Raises InvalidFilterException, TooManyException."""
    wanted = None
    condition: dict[str, str] = {}
    if filter_text:
        if len(filter_text) > _LONGEST_FILTER:
            raise InvalidFilterException(detail=f"A filter has at most {_LONGEST_FILTER} characters.")
        wanted = ScimFilter.__class_getitem__(MODELS[collection])(filter_text)
        condition = _simple_condition(filter_text)
    rows = await list_resources(session, organization_id, kind_of(collection), _MOST_SCANNED + 1, **condition)
    if len(rows) > _MOST_SCANNED:
        raise TooManyException(detail="Too many to look through: filter by userName, displayName or externalId.")
    found = await asyncio.to_thread(_to_resources, rows, base)
    return await asyncio.to_thread(lambda: [each for each in found if wanted is None or wanted.match(each)])


async def page(
    session: AsyncSession, organization_id: UUID, collection: str, start: int, count: int, base: str
) -> tuple[int, list[Resource[Any]]]:
    """Returns (number of all, those of one page); `start` counts from 1."""
    total, found = await page_of_resources(session, organization_id, kind_of(collection), count, start - 1)
    return total, await asyncio.to_thread(_to_resources, found, base)


def _to_resources(rows: Sequence[ScimResource], base: str) -> list[Resource[Any]]:
    """Converts the rows, many of them in a thread: 5,000 take a third of a second."""
    return [to_resource(row, base) for row in rows]


def _simple_condition(filter_text: str) -> dict[str, str]:
    """Returns the value that a filter asks for, as `name` or `external_id`. Empty for any other filter."""
    simple = _SIMPLE.fullmatch(filter_text)
    if simple is None:
        return {}
    name, value = simple[1].lower(), simple[2]
    return {"external_id": value} if name == "externalid" else {"name": value.lower()}
