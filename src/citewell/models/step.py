"""The state of each pipeline step of a document version."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base


class VersionStep(Base):
    """A step of one document version. `step` is its name; several of a kind are called `kind:instance`.

    `state` is waiting (for room in the queue), pending (queued), held (a person starts it), running, done or failed.
    `attempts` counts from 1 and is that of the last attempt. `input_hash` says what the result depends on. `error` is
    why the step failed (then with its `error_code`), or why its last attempt broke off and another follows.
    """

    __tablename__ = "version_steps"
    __table_args__ = (
        Index("version_steps_waiting", "project_id", "version_id", postgresql_where=text("state = 'waiting'")),
        ForeignKeyConstraint(
            ["project_id", "version_id"], ["document_versions.project_id", "document_versions.id"], ondelete="CASCADE"
        ),
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    input_hash: Mapped[str | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
