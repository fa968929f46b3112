"""Runs of a project's ground truths, and what a ground truth expects beside its answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0265"
down_revision = "0270"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _expectations()
    _runs()
    _questions()
    op.create_table(
        "evaluation_watches",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("evaluated", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_evaluation_watches")),
        _of_project("evaluation_watches"),
    )


def _expectations() -> None:
    texts = postgresql.ARRAY(sa.Text())
    # The defaults are for the rows that are there, and for servers of the version before.
    for name, kind, empty in (
        ("expected_sources", postgresql.JSONB(), "[]"),
        ("expected_figures", texts, "{}"),
        ("expected_phrases", texts, "{}"),
        ("expects_refusal", sa.Boolean(), "false"),
    ):
        op.add_column("ground_truths", sa.Column(name, kind, nullable=False, server_default=empty))
    index = "ix_ground_truths_project_id_source_feedback_id"
    op.create_index(index, "ground_truths", ["project_id", "source_feedback_id"])


def _runs() -> None:
    op.create_table(
        "evaluation_runs",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("agent_settings_id", sa.Uuid(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("agent", postgresql.JSONB(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question_count", sa.Integer(), nullable=False),
        sa.Column("answered_count", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("previous_run_id", sa.Uuid(), nullable=True),
        sa.Column("better_count", sa.Integer(), nullable=False),
        sa.Column("worse_count", sa.Integer(), nullable=False),
        sa.Column("scores", postgresql.JSONB(), nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_evaluation_runs")),
        _of_project("evaluation_runs"),
        sa.ForeignKeyConstraint(
            ["started_by"], ["users.id"], name=op.f("fk_evaluation_runs_started_by_users"), ondelete="SET NULL"
        ),
    )
    index = "ix_evaluation_runs_project_id_created_at"
    op.create_index(index, "evaluation_runs", ["project_id", "created_at", "id"])


def _questions() -> None:
    op.create_table(
        "evaluation_questions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ground_truth_id", sa.Uuid(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("expected", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("verified_share", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("tokens_input", sa.BigInteger(), nullable=False),
        sa.Column("tokens_output", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("extra", postgresql.JSONB(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_evaluation_questions")),
        sa.UniqueConstraint(
            "project_id", "run_id", "position", name=op.f("uq_evaluation_questions_project_id_run_id_position")
        ),
        _of_project("evaluation_questions"),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"],
            ["evaluation_runs.project_id", "evaluation_runs.id"],
            name=op.f("fk_evaluation_questions_project_id_run_id_evaluation_runs"),
            ondelete="CASCADE",
        ),
    )


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_project_id_projects")
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=name, ondelete="CASCADE")


def _stamps() -> list[sa.Column[object]]:
    names = ("created_at", "updated_at")
    return [sa.Column(name, sa.DateTime(timezone=True), server_default=_NOW, nullable=False) for name in names]
