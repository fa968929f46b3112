"""Retrieval on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

MAX_RESULTS = 500
MAX_FILTERS = 1000

Text = Annotated[str, StringConstraints(max_length=10_000)]
Value = Annotated[str, StringConstraints(max_length=2000)]


def _list(value: Any) -> Any:
    """The reference client sends `{}` and null for "no filter"."""
    return [] if value is None or value == {} else value


def _document(value: Any) -> Any:
    """A document as its id, or as an object with one."""
    if isinstance(value, dict):
        return value.get("id") or value.get("document_id") or value
    return value


class TagChoice(BaseModel, extra="forbid"):
    """A tag by the id of one of its rows, or by name and value."""

    id: UUID | None = None
    is_document_tags: bool = True
    tag_name: Value | None = None
    tag_value: Value | None = None


class AttributeChoice(BaseModel, extra="forbid"):
    """A pair of the documents' metadata; without a value, all documents that have the key."""

    key: Value
    value: Value | None = None


Tags = Annotated[list[TagChoice], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Attributes = Annotated[list[AttributeChoice], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Objects = Annotated[list[dict[str, Any]], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Documents = Annotated[
    list[Annotated[UUID, BeforeValidator(_document)]], BeforeValidator(_list), Field(max_length=10_000)
]


class RetrievalRequest(BaseModel, extra="forbid"):
    """What to look for and where. Filters of one kind are alternatives, those of different kinds all hold."""

    query: Text | None = None
    question: Text | None = None
    n_objects: Annotated[int, Field(ge=1, le=MAX_RESULTS)] = 10
    indexes: Annotated[list[Literal["chunks", "objects"]], BeforeValidator(_list)] = ["chunks"]
    included_tags: Tags = []
    excluded_tags: Tags = []
    included_objects: Objects = []
    excluded_objects: Objects = []
    included_attributes: Attributes = []
    excluded_attributes: Attributes = []
    selected_documents: Documents = []
    # Ours: slugs of collections.
    selected_collections: Annotated[list[Value], BeforeValidator(_list), Field(max_length=MAX_FILTERS)] = []
    reformulate_query: bool = False
    rerank: bool = False
    rrf_k: Annotated[int, Field(ge=1, le=10_000)] | None = None


class RetrievalResult(BaseModel):
    """A chunk, with chunks beside it that were found as well. The first of `chunk_ids` is the one that fits best.

    `passage` is its best passage; pages, `place` and headings are where that stands.
    `score` orders the results: the cosine of a semantic search, the reranker's score
    after reranking, the fused rank else.
    """

    uuid: UUID
    chunk_ids: list[UUID]
    type: str = "chunk"
    content: str
    name: str
    document_id: UUID
    reference_url: str
    score: float
    similarity: float | None
    passage: str
    min_page: int | None
    max_page: int | None
    place: str | None
    heading_path: list[str]


class RetrievalAnswer(BaseModel):
    """`answer` only when a question was asked. `query` is what was searched for, `reranked` whether a model ordered
    the results."""

    retrieval_results: list[RetrievalResult]
    answer: str | None = None
    query: str
    reranked: bool = False
