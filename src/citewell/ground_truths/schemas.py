"""Ground truths on the wire."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_MAX_TEXT = 100_000
_NO_NUL = r"^[^\x00]*$"
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_TEXT, pattern=_NO_NUL)]
Notes = Annotated[str, StringConstraints(max_length=_MAX_TEXT, pattern=_NO_NUL)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_NO_NUL)]


class ExpectedSource(BaseModel, extra="forbid"):
    """A place that has to be found: a document by its id or name, a page or words in it, or words alone."""

    document_id: UUID | None = None
    document_name: Short | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=_NO_NUL)] | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.document_id or self.document_name or self.text):
            raise ValueError("Name a document (document_id or document_name), or a text.")
        return self


Sources = Annotated[list[ExpectedSource], Field(max_length=50)]
Phrases = Annotated[list[Short], Field(max_length=100)]


class Expectations(BaseModel, extra="forbid"):
    """What evaluation looks for beside the answer.

    Figures and phrases must all stand in the answer; without any, the figures of `answer` are looked for, else its
    words. `expects_refusal`: the documents do not tell.
    """

    expected_sources: Sources | None = None
    expected_figures: Phrases | None = None
    expected_phrases: Phrases | None = None
    expects_refusal: bool | None = None

    def expectations(self) -> dict[str, Any]:
        """Returns the expectations that were sent, as values of the row; null removes one."""
        sent = {name: getattr(self, name) for name in Expectations.model_fields if name in self.model_fields_set}
        found = {name: value if value is not None else [] for name, value in sent.items()}
        if "expects_refusal" in found:
            found["expects_refusal"] = bool(found["expects_refusal"])
        if sources := found.get("expected_sources"):
            found["expected_sources"] = [one.model_dump(mode="json", exclude_none=True) for one in sources]
        return found


class GroundTruthCreate(Expectations):
    query: Said
    answer: Said
    additional_notes: Notes | None = None
    source_feedback_id: UUID | None = None


class GroundTruthUpdate(Expectations):
    """Fields that are left out keep their values; null removes notes, source and expectations."""

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
    expected_sources: list[dict[str, Any]]
    expected_figures: list[str]
    expected_phrases: list[str]
    expects_refusal: bool
