"""Where projects live in an installation of several cells, and moves between cells.

The home cell's tables say where each project is and how far a move has come. The tables of the cell that a project
leaves say whether its rows may change, and which have changed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Stamped


class ProjectCell(Base):
    """The cell of a project. Without a row it is the home cell."""

    __tablename__ = "project_cells"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    cell: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ProjectMove(Base, Stamped):
    """A move that is under way. `state`: copying, moved (to the new cell), whole (the old copy is being removed).

    `progress` names the tables that are copied, and the last key of the one that is being copied.
    """

    __tablename__ = "project_moves"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str]
    target: Mapped[str]
    state: Mapped[str] = mapped_column(default="copying")
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)


class MovingProject(Base):
    """A project that leaves this cell.

    `state`: open (all may write), draining (no new answers), closed (nobody may write), moved (nobody may any more),
    leaving (the old rows are being removed).
    """

    __tablename__ = "moving_projects"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="open")


class MovingChange(Base):
    """A row of such a project that was written since its table was copied; `key` has its primary key."""

    __tablename__ = "moving_changes"
    __table_args__ = (Index("ix_moving_changes_project_id_id", "project_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[UUID]
    table_name: Mapped[str]
    key: Mapped[dict[str, Any]]
