"""Pipeline runs: what was asked of the background, and how it went."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class PipelineRun(Base, Tenant):
    """`status`: pending, running, completed, completed_with_warnings, failed, aborted.

    The documents of a run are the versions that name it; the state of its steps is read from them.

    `attempt` is that of the job which began last to work on a run of an extractor or a flow. A job that is taken for
    dead, and is not, finds another one there and stops.
    """

    __tablename__ = "pipeline_runs"
    __table_args__ = (Index("ix_pipeline_runs_project_id_created_at", "project_id", "created_at"),)

    pipeline_name: Mapped[str]
    mode: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    attempt: Mapped[UUID | None]


class PipelineRunLog(Base):
    __tablename__ = "pipeline_run_logs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "run_id"], ["pipeline_runs.project_id", "pipeline_runs.id"], ondelete="CASCADE"
        ),
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    line: Mapped[str]
