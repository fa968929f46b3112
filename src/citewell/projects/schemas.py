"""Projects on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from citewell.artifacts.content import Text
from citewell.models import Project
from citewell.projects.settings import DEFAULTS

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
BlockTypes = Annotated[list[str], Field(max_length=50)]
ChunkSize = Annotated[int, Field(ge=200, le=100_000)]


class ProjectSettings(BaseModel, extra="ignore"):
    """What may be set when a project is created or changed.

    Fields that are not sent stay as they are. Fields that clients send back without being able to set them are ignored.
    """

    business_brief: Text | None = None
    default_llm_model: Annotated[str, StringConstraints(max_length=200)] | None = None
    reducto_parsing_options: dict[str, Any] | None = None
    push_to_graph_options: dict[str, Any] | None = None
    default_chunking_maximum_chunk_size: ChunkSize | None = None
    default_chunking_minimum_chunk_size: Annotated[int, Field(ge=0, le=100_000)] | None = None
    default_chunking_page_as_separator: bool | None = None
    default_chunking_title_section_separator_mode: Literal["both", "title", "section", "none"] | None = None
    default_chunking_excluded_block_types: BlockTypes | None = None
    max_fetchable_objects: Annotated[int, Field(ge=1, le=100_000)] | None = None
    all_queries: list[Any] | None = None
    reasoning_workflows: list[Any] | None = None
    ontology: dict[str, Any] | None = None
    evaluate_after_changes: bool | None = None

    @model_validator(mode="after")
    def _sizes_in_order(self) -> Self:
        largest = self.default_chunking_maximum_chunk_size
        smallest = self.default_chunking_minimum_chunk_size
        if largest is not None and smallest is not None and smallest > largest:
            raise ValueError("The minimum chunk size must not be larger than the maximum.")
        return self

    def changes(self) -> dict[str, Any]:
        """Returns the settings that were sent, without the columns of the project itself."""
        sent = self.model_dump(exclude_unset=True, exclude_none=True)
        return {key: value for key, value in sent.items() if key in DEFAULTS}


class ProjectCreate(ProjectSettings):
    name: Name


class ProjectUpdate(ProjectSettings):
    name: Name | None = None


def to_wire(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "business_brief": project.business_brief,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        **DEFAULTS,
        **project.settings,
    }


class ProjectOut(BaseModel):
    """A project as clients read it; every setting is an attribute of its own."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    name: str
    business_brief: str
    created_at: datetime
    updated_at: datetime
