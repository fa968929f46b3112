"""Evaluation: runs of a project's ground truths, and what came of each question."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Stamped, Tenant


class EvaluationRun(Base, Tenant):
    """`state`: pending, running, completed, stopped, failed. `trigger`: manual, automatic.

    `agent` is the agent as it was when the run began (instructions, model, tools), so that all questions meet the same
    one. `previous_run_id` is the run that this one was compared with; that may be gone. `scores` are there once the run
    has ended.
    """

    __tablename__ = "evaluation_runs"
    __table_args__ = (Index("ix_evaluation_runs_project_id_created_at", "project_id", "created_at", "id"),)

    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    trigger: Mapped[str] = mapped_column(default="manual")
    agent_settings_id: Mapped[UUID | None]
    agent_name: Mapped[str]
    model: Mapped[str]
    agent: Mapped[dict[str, Any]]
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    question_count: Mapped[int]
    answered_count: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    previous_run_id: Mapped[UUID | None]
    better_count: Mapped[int] = mapped_column(default=0)
    worse_count: Mapped[int] = mapped_column(default=0)
    scores: Mapped[dict[str, Any] | None]

    @property
    def settings(self) -> dict[str, Any]:
        """Returns what may differ between two runs, for people: instructions, brief, model and tools of the agent."""
        known = {name: self.agent.get(name) or "" for name in ("instructions", "brief", "model")}
        return known | {"tools": [tool["name"] for tool in self.agent.get("tools", [])]}


class EvaluationQuestion(Base, Tenant):
    """A question of a run. `state`: waiting, asking, done, failed.

    `expected` is the ground truth as it was when the run began. `is_right` and `score` (0 to 1) are null while nothing
    is known; `found` and the ranks (from 1) too where no source was expected. `extra` holds what only the page of the
    question shows: citations, what was retrieved, what is missing in the answer.
    """

    __tablename__ = "evaluation_questions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "run_id"], ["evaluation_runs.project_id", "evaluation_runs.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("project_id", "run_id", "position"),
    )

    run_id: Mapped[UUID]
    position: Mapped[int]
    ground_truth_id: Mapped[UUID]
    query: Mapped[str]
    expected: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    is_right: Mapped[bool | None]
    score: Mapped[float | None]
    refused: Mapped[bool] = mapped_column(default=False)
    found: Mapped[bool | None]
    rank: Mapped[int | None]
    verified_share: Mapped[float | None]
    seconds: Mapped[float | None]
    tokens_input: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_output: Mapped[int] = mapped_column(BigInteger, default=0)
    answer: Mapped[str] = mapped_column(default="")
    error: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class EvaluationWatch(Base, Stamped):
    """What a project looked like when it was last evaluated and last seen, for runs after changes."""

    __tablename__ = "evaluation_watches"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    evaluated: Mapped[str]
    seen: Mapped[str]
    seen_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]  # when the first change since the last run was seen
