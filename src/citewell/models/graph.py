"""What a push makes of the objects of a project: a graph that is asked, and rows that are searched."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant
from citewell.models.passage import HalfVector


class KnowledgeGraph(Base, Tenant):
    """One state of a project's graph, which has one row; its id is new with each push. Queries run on a copy in memory.

    `nodes` is a list of [labels, properties], `relations` of [type, start, end, properties], where start and end are
    places in `nodes`. `shape` says which labels, types and properties there are: what a writer of queries reads.
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
