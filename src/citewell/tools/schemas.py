"""Tools on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from citewell.models import ToolSetting
from citewell.retrieval.schemas import AttributeChoice, Documents, ObjectChoice, Objects, TagChoice, Tags, Value

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
    """The settings of a retrieval tool.

    `n_objects` is the number of results where the caller names none; with `force_n_objects` the caller cannot change
    it. `query_template` is the Cypher query of the mode `templated-query`.
    """

    mode: Literal["semantic", "full_text", "hybrid"] = "hybrid"
    n_objects: Annotated[int, Field(ge=1, le=MAX_RESULTS)] | None = None
    rerank: bool = False
    reformulate_query: bool = False
    force_n_objects: bool = False
    query_template: Annotated[str, StringConstraints(max_length=50_000, pattern=r"^[^\x00]*$")] = ""


def _object(value: Any) -> Any:
    return {} if value is None or value == [] else value


def _list(value: Any) -> Any:
    return [] if value is None or value == {} else value


def _all(mode: str) -> BeforeValidator:
    """Treats a missing value as no restriction."""
    return BeforeValidator(lambda value: mode if value in (None, "", "all", "include_all", "exclude_none") else value)


def _pairs(value: Any) -> Any:
    """Attributes as a list of pairs, or as an object of values."""
    if isinstance(value, dict):
        return [
            {"key": key, "value": one}
            for key, values in value.items()
            for one in (values if isinstance(values, list) else [values])
        ]
    return _list(value)


def _scope_mode(value: Any) -> Any:
    """Any spelling of "select" (`include_selected`, `exclude_select`) is one."""
    if value is None:
        return ""
    return "select" if isinstance(value, str) and "select" in value and value not in _SELECTS else value


_SELECTS = ("select_tags", "select_objects", "select_attributes")
ScopeMode = Annotated[
    Literal[
        "",
        "include_all",
        "exclude_none",
        "auto_include",
        "select",
        "select_tags",
        "select_objects",
        "select_attributes",
    ],
    BeforeValidator(_scope_mode),
]
ToolAttributes = Annotated[list[AttributeChoice], BeforeValidator(_pairs), Field(max_length=1000)]


class Restrictions(BaseModel, extra="ignore"):
    """Which documents a tool may look at. Documents meet all three conditions; parameters of one are alternatives."""

    document_mode: Annotated[DocumentMode, _all("all_documents")] = "all_documents"
    document_parameters: Documents = []
    tag_mode: Annotated[TagMode, _all("all_tags")] = "all_tags"
    tag_parameters: Tags = []
    collection_mode: Annotated[CollectionMode, _all("all_collections")] = "all_collections"
    collection_parameters: Annotated[list[Value], BeforeValidator(_list), Field(max_length=1000)] = []

    # As the reference client writes them. A mode that begins with "select" takes the parameters, any other takes all;
    # where no mode is sent, parameters are taken as chosen.
    tags_included_mode: ScopeMode = ""
    tags_included_parameters: Tags = []
    tags_excluded_mode: ScopeMode = ""
    tags_excluded_parameters: Tags = []
    objects_included_mode: ScopeMode = ""
    objects_included_parameters: Objects = []
    objects_excluded_mode: ScopeMode = ""
    objects_excluded_parameters: Objects = []
    attributes_included_mode: ScopeMode = ""
    attributes_included_parameters: ToolAttributes = []
    attributes_excluded_mode: ScopeMode = ""
    attributes_excluded_parameters: ToolAttributes = []
    search_scope_extensions: Annotated[dict[str, Any], BeforeValidator(_object)] = {}

    def chosen_tags(self, side: Literal["included", "excluded"]) -> list[TagChoice]:
        found: list[TagChoice] = self._chosen("tags", side)
        return found

    def chosen_objects(self, side: Literal["included", "excluded"]) -> list[ObjectChoice]:
        found: list[ObjectChoice] = self._chosen("objects", side)
        return found

    def chosen_attributes(self, side: Literal["included", "excluded"]) -> list[AttributeChoice]:
        found: list[AttributeChoice] = self._chosen("attributes", side)
        return found

    def _chosen(self, kind: str, side: str) -> list[Any]:
        mode = getattr(self, f"{kind}_{side}_mode")
        chosen: list[Any] = getattr(self, f"{kind}_{side}_parameters")
        return chosen if not mode or "select" in mode else []


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
    tags_included_mode: str
    tags_included_parameters: list[dict[str, Any]]
    tags_excluded_mode: str
    tags_excluded_parameters: list[dict[str, Any]]
    objects_included_mode: str
    objects_included_parameters: list[dict[str, Any]]
    objects_excluded_mode: str
    objects_excluded_parameters: list[dict[str, Any]]
    attributes_included_mode: str
    attributes_included_parameters: list[dict[str, Any]]
    attributes_excluded_mode: str
    attributes_excluded_parameters: list[dict[str, Any]]
    search_scope_extensions: dict[str, Any]
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
        search_scope_extensions=narrowed.search_scope_extensions,
        **_scopes(row, narrowed),
    )


def _scopes(row: ToolSetting, narrowed: Restrictions) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("tags", "objects", "attributes"):
        for side, mode in (("included", "include_all"), ("excluded", "exclude_none")):
            name = f"{kind}_{side}"
            chosen = row.restrictions.get(f"{name}_parameters", [])
            found[f"{name}_mode"] = getattr(narrowed, f"{name}_mode") or (f"select_{kind}" if chosen else mode)
            found[f"{name}_parameters"] = [dict(one) for one in chosen]
    return found
