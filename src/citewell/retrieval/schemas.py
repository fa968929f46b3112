"""Retrieval on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

MAX_RESULTS = 500
MAX_FILTERS = 1000

Text = Annotated[str, StringConstraints(max_length=10_000)]
Value = Annotated[str, StringConstraints(max_length=2000)]


def _list(value: Any) -> Any:
    """The reference client sends `{}` and null for "no filter"; an empty object in a list says nothing either."""
    if value is None or value == {}:
        return []
    return [one for one in value if one != {}] if isinstance(value, list) else value


def _document(value: Any) -> Any:
    """Returns a document as its id, or as an object with one."""
    if isinstance(value, dict):
        return value.get("id") or value.get("document_id") or value
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


class TagChoice(BaseModel, extra="forbid"):
    """A tag of documents by its value or the id of one of its rows (`id`), or by name and value; or, with
    `is_document_tags` false, a tag of chunks by its id in the tagging tree: it stands for the tags below it as well."""

    id: Annotated[Value | None, BeforeValidator(_text)] = None
    is_document_tags: bool = True
    tag_name: Value | None = None
    tag_value: Value | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "TagChoice":
        if not (self.id or self.tag_name or self.tag_value):
            raise ValueError("Name the tag by id, or by tag_name and tag_value.")
        return self


class AttributeChoice(BaseModel, extra="forbid"):
    """A pair of the documents' metadata; without a value, all documents that have the key."""

    key: Value
    value: Value | None = None


class ObjectChoice(BaseModel, extra="ignore"):
    """Objects by their id, or all of a class, a table or an extractor: by its name or its id."""

    id: Annotated[Value | None, BeforeValidator(_text)] = None
    object_id: Annotated[Value | None, BeforeValidator(_text)] = None
    name: Value | None = None
    object_name: Value | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "ObjectChoice":
        if not self.names:
            raise ValueError("Name the objects by id or by name.")
        return self

    @property
    def names(self) -> list[str]:
        return [one for one in (self.id, self.object_id, self.name, self.object_name) if one]


Tags = Annotated[list[TagChoice], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Attributes = Annotated[list[AttributeChoice], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Objects = Annotated[list[ObjectChoice], BeforeValidator(_list), Field(max_length=MAX_FILTERS)]
Documents = Annotated[
    list[Annotated[UUID, BeforeValidator(_document)]], BeforeValidator(_list), Field(max_length=10_000)
]


class RetrievalRequest(BaseModel, extra="forbid"):
    """What to search for and where. Filters of one kind are alternatives; filters of different kinds must all match."""

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
    # Sent by older clients, without effect: objects name the chunks that they were read from in any case.
    enrich_with_chunks: bool | None = None


class RetrievalResult(BaseModel):
    """A chunk or an object.

    A chunk is merged with adjacent chunks that were found as well: `chunk_ids` lists them, the best one first. For an
    object, they are the chunks that it was extracted from, `name` is its class, and `document_name` its document.

    `passage` is the best passage; pages, `place` and headings are those of the passage. `score` orders the results: it
    is the reranker's score after reranking, the cosine in a semantic search, and the fused score in other searches.
    """

    uuid: str
    chunk_ids: list[UUID]
    type: str = "chunk"
    object_id: str | None = None
    content: str
    name: str
    document_id: UUID | None
    reference_url: str
    score: float
    similarity: float | None
    passage: str
    min_page: int | None
    max_page: int | None
    place: str | None
    heading_path: list[str]
    document_name: str | None = None


class RetrievalAnswer(BaseModel):
    """The results. `answer` is null if no question was asked. `query` is the text that was searched for.

    `reranked` says whether a model ordered the results.
    """

    retrieval_results: list[RetrievalResult]
    answer: str | None = None
    query: str
    reranked: bool = False
