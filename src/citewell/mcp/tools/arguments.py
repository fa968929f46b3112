"""Arguments that several tools take."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Arguments(BaseModel):
    """The arguments of a tool. An unknown one is refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class InStore(Arguments):
    project_id: Annotated[UUID, Field(description="The knowledge store, from list_knowledge_stores.")]


class Pages(Arguments):
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="How many to skip; next_offset of the last page.")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50


class Paged(InStore, Pages):
    """A page of what is in a store."""
