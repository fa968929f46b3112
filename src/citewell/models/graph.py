"""The graph of a project, made of its pushed objects. Queries run on a copy of it in memory."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class KnowledgeGraph(Base, Tenant):
    """One state of a project's graph, which has one row; its id is new with each push.

    `nodes` is a list of [labels, properties], `relations` of [type, start, end, properties], where start and end are
    places in `nodes`. `shape` says which labels, types and properties there are: what a writer of queries reads.
    """

    __tablename__ = "knowledge_graphs"

    nodes: Mapped[list[Any]] = mapped_column(deferred=True)
    relations: Mapped[list[Any]] = mapped_column(deferred=True)
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)
