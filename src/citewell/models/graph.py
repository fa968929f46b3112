"""What a push makes of a project's objects: a graph for queries, and rows for search."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant
from citewell.models.passage import HalfVector


class KnowledgeGraph(Base, Tenant):
    """One state of a project's graph, in one row with a new id for each push.

    Queries run on a copy in memory. `nodes` is a list of [labels, properties], `relations` of [type, start, end,
    properties], where start and end are indexes of `nodes`. `shape` lists the labels, types and properties, for a
    writer of queries.
    """

    __tablename__ = "knowledge_graphs"

    nodes: Mapped[list[Any]] = mapped_column(deferred=True)
    relations: Mapped[list[Any]] = mapped_column(deferred=True)
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PushedObject(Base, Tenant):
    """An object as searches find it. `names` are what filters know it by: its id, its class, its table and extractor.
    `terms` is the analysed text; `chunks` are those that its values were read from."""

    __tablename__ = "pushed_objects"
    __table_args__ = (
        Index("ix_pushed_objects_terms", "terms", postgresql_using="gin"),
        Index("ix_pushed_objects_project_id_table_id", "project_id", "table_id"),
    )

    object_id: Mapped[str]
    table_id: Mapped[UUID]
    document_id: Mapped[UUID | None]
    name: Mapped[str]
    content: Mapped[str]
    min_page: Mapped[int | None]
    max_page: Mapped[int | None]
    names: Mapped[list[str]]
    chunks: Mapped[list[UUID]]
    terms: Mapped[list[str]]
    embedding: Mapped[Any | None] = mapped_column(HalfVector)
    embedding_model: Mapped[str | None]
