"""What a tool may find, beyond documents: tags of chunks, objects and attributes, as clients write them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.retrieval.chunk_scope import chunk_scope
from citewell.retrieval.document_filter import attribute_conditions, tag_conditions
from citewell.retrieval.objects import names_in
from citewell.retrieval.repository.objects import ObjectFilter
from citewell.search.filters import ChunkScope
from citewell.tools.schemas import Restrictions


def document_conditions(project_id: UUID, narrowed: Restrictions) -> list[ColumnElement[bool]]:
    """Returns the conditions on documents from tags and attributes."""
    return [
        *tag_conditions(project_id, narrowed.chosen_tags("included"), narrowed.chosen_tags("excluded")),
        *attribute_conditions(narrowed.chosen_attributes("included"), narrowed.chosen_attributes("excluded")),
    ]


def chunk_scope_of(project_id: UUID, stored: dict[str, Any]) -> Callable[[AsyncSession], Awaitable[ChunkScope]] | None:
    """Returns a function that finds the chunks which the tool may find; None if it may find all."""
    narrowed = Restrictions.model_validate(stored)
    tags = (narrowed.chosen_tags("included"), narrowed.chosen_tags("excluded"))
    objects = (narrowed.chosen_objects("included"), narrowed.chosen_objects("excluded"))
    if not any(tags) and not any(objects):
        return None

    async def scope(session: AsyncSession) -> ChunkScope:
        return await chunk_scope(session, project_id, *tags, *objects)

    return scope


async def object_filter(
    session: AsyncSession, project_id: UUID, stored: dict[str, Any], documents: tuple[UUID, ...] | None
) -> ObjectFilter:
    """Returns the objects that a tool may find."""
    narrowed = Restrictions.model_validate(stored)
    by_tags = await chunk_scope(session, project_id, narrowed.chosen_tags("included"), narrowed.chosen_tags("excluded"))
    included = names_in(narrowed.chosen_objects("included"))
    excluded = names_in(narrowed.chosen_objects("excluded"))
    return ObjectFilter(included or None, excluded, documents, by_tags.only, by_tags.excluded)
