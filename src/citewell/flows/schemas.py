"""Extraction flows on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from citewell.ingestion.publish_mode import PublishMode

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class FlowOut(BaseModel):
    """`dag`: `{"nodes": [{"id", "name", "kind", "extractor_id"}], "edges": [{"source", "target"}]}`."""

    id: UUID
    name: str
    publish_mode: PublishMode
    dag: dict[str, Any]
    tpuf_namespaces: dict[str, Any]
    last_pushed_to_tpuf: datetime | None
    created_at: datetime
    updated_at: datetime


class FlowCreate(BaseModel, extra="ignore"):
    """A new flow. Without `dag`, it has only the steps of documents."""

    name: Name
    publish_mode: PublishMode = "auto_publish"
    dag: dict[str, Any] | None = None


class FlowUpdate(BaseModel, extra="ignore"):
    """Fields that are left out keep their values; `dag` replaces the whole graph."""

    name: Name | None = None
    publish_mode: PublishMode | None = None
    dag: dict[str, Any] | None = None


class FlowDocuments(BaseModel, extra="forbid"):
    """No ids: all documents."""

    document_ids: Annotated[list[UUID], Field(max_length=100_000)] = []


class FlowRunOut(BaseModel):
    message: str
    pipeline_run_id: UUID


class NodeStats(BaseModel):
    """For how many documents a run would make the node's result anew, and for how many it would reuse it.

    `underway` are those that are being processed.
    """

    documents: int = 0
    recomputed: int = 0
    reused: int = 0
    underway: int = 0
