"""Ground truths on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

_MAX_TEXT = 100_000
_NO_NUL = r"^[^\x00]*$"
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_TEXT, pattern=_NO_NUL)]
Notes = Annotated[str, StringConstraints(max_length=_MAX_TEXT, pattern=_NO_NUL)]


class GroundTruthCreate(BaseModel, extra="forbid"):
    query: Said
    answer: Said
    additional_notes: Notes | None = None
    source_feedback_id: UUID | None = None


class GroundTruthUpdate(BaseModel, extra="forbid"):
    """What is left out stays as it is; notes and source are taken away with null."""

    query: Said | None = None
    answer: Said | None = None
    additional_notes: Notes | None = None
    source_feedback_id: UUID | None = None


class GroundTruthOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    query: str
    answer: str
    additional_notes: str
    source_feedback_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
