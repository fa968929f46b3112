"""Tools on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from citewell.models import ToolSetting
from citewell.retrieval.schemas import Documents, Tags, Value

ToolType = Literal[
    "retrieval",
    "document_retrieval",
    "get_document_outline",
    "get_chunk",
    "find_text",
    "read_pages",
    "find_tables",
    "data_statistics",
    "websearch",
    "math",
    "sub_agent",
]
DocumentMode = Literal["all_documents", "select_documents", "exclude_documents"]
TagMode = Literal["all_tags", "select_tags", "exclude_tags"]
CollectionMode = Literal["all_collections", "select_collections", "exclude_collections"]

MAX_RESULTS = 50
_NO_NUL = r"^[^\x00]*$"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)]
Description = Annotated[str, StringConstraints(max_length=4000, pattern=_NO_NUL)]
RetrievalMode = Annotated[
    str, BeforeValidator(lambda value: "" if value is None else value), StringConstraints(max_length=100)
]


class RetrievalParameters(BaseModel, extra="ignore"):
    """How a retrieval tool searches. `n_objects`: how many results, where the caller does not say; with
    `force_n_objects` the caller has no say."""

    mode: Literal["semantic", "full_text", "hybrid"] = "hybrid"
    n_objects: Annotated[int, Field(ge=1, le=MAX_RESULTS)] | None = None
    rerank: bool = False
    reformulate_query: bool = False
    force_n_objects: bool = False


def _object(value: Any) -> Any:
    return {} if value is None or value == [] else value


def _list(value: Any) -> Any:
    return [] if value is None or value == {} else value


def _all(mode: str) -> BeforeValidator:
    """Nothing said means no restriction."""
    return BeforeValidator(lambda value: mode if value in (None, "", "all") else value)


class Restrictions(BaseModel, extra="ignore"):
    """Which documents a tool may look at. Documents meet all three conditions; parameters of one are alternatives."""

    document_mode: Annotated[DocumentMode, _all("all_documents")] = "all_documents"
    document_parameters: Documents = []
    tag_mode: Annotated[TagMode, _all("all_tags")] = "all_tags"
    tag_parameters: Tags = []
    collection_mode: Annotated[CollectionMode, _all("all_collections")] = "all_collections"
    collection_parameters: Annotated[list[Value], BeforeValidator(_list), Field(max_length=1000)] = []


class ToolIn(Restrictions):
    """A tool as it is made, or replaced: with PUT, what is left out stays as it was."""

    name: Name
    description: Description | None = None
    tool_type: ToolType
    retrieval_mode: RetrievalMode = ""
    retrieval_parameters: Annotated[RetrievalParameters, BeforeValidator(_object)] = RetrievalParameters()
    agent_settings: UUID | None = None


class ToolOut(BaseModel):
    id: UUID
    name: str
    description: str | None
    tool_type: str
    retrieval_mode: str
    retrieval_parameters: dict[str, Any]
    category: str = "local"
    owner_project_id: UUID
    owner_project_name: str | None
    readonly: bool
    created_at: datetime
    updated_at: datetime
    document_mode: str
    document_parameters: list[dict[str, Any]]
    tag_mode: str
    tag_parameters: list[dict[str, Any]]
    collection_mode: str
    collection_parameters: list[str]
    agent_settings: UUID | None


class ToolParameterSpec(BaseModel):
    id: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str
    required: bool
    default: Any = None


class ToolRunRequest(BaseModel):
    """The tool's arguments. Every tool that takes a text takes it as `query`; `GET parameters/` lists the others."""

    model_config = ConfigDict(extra="allow")

    query: str | None = None
    top_k: int | None = None


def tool_to_wire(row: ToolSetting, project_name: str) -> ToolOut:
    narrowed = Restrictions.model_validate(row.restrictions)
    return ToolOut(
        id=row.id,
        name=row.name,
        description=row.description,
        tool_type=row.tool_type,
        retrieval_mode=row.retrieval_mode,
        retrieval_parameters=row.retrieval_parameters,
        owner_project_id=row.project_id,
        owner_project_name=project_name,
        readonly=row.readonly,
        created_at=row.created_at,
        updated_at=row.updated_at,
        document_mode=narrowed.document_mode,
        document_parameters=[dict(one) for one in row.restrictions.get("document_parameters", [])],
        tag_mode=narrowed.tag_mode,
        tag_parameters=[dict(one) for one in row.restrictions.get("tag_parameters", [])],
        collection_mode=narrowed.collection_mode,
        collection_parameters=narrowed.collection_parameters,
        agent_settings=row.agent_settings_id,
    )
