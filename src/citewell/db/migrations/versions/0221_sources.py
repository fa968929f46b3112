"""Sources of documents, what each has, and their syncs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0221"
down_revision = "0201"
branch_labels = None
depends_on = None


def _stamps() -> tuple[sa.Column[Any], ...]:
    now = sa.text("clock_timestamp()")
    names = ("created_at", "updated_at")
    return tuple(sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False) for name in names)


def _of_source(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", "source_id"],
        ["sources.project_id", "sources.id"],
        name=op.f(f"fk_{table}_project_id_source_id_sources"),
        ondelete="CASCADE",
    )


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id"], ["projects.id"], name=op.f(f"fk_{table}_project_id_projects"), ondelete="CASCADE"
    )


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "sources",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("config", JSONB(), nullable=False),
        sa.Column("sealed_credentials", sa.LargeBinary(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("next_sync_at", time, nullable=True),
        sa.Column("checkpoint", JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_sources")),
        _of_project("sources"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_sources_created_by_users"), ondelete="SET NULL"
        ),
    )
    op.create_index("ix_sources_next_sync_at", "sources", ["next_sync_at"], postgresql_where=sa.text("enabled"))
    op.create_table(
        "source_syncs",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("allow_empty", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("added", "changed", "unchanged", "deleted", "failed")
        ),
        sa.Column("checkpoint", JSONB(), nullable=False),
        sa.Column("ended_at", time, nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_source_syncs")),
        _of_project("source_syncs"),
        _of_source("source_syncs"),
    )
    op.create_index("ix_source_syncs_source", "source_syncs", ["project_id", "source_id", "created_at"])
    op.create_index(
        "uq_source_syncs_running",
        "source_syncs",
        ["project_id", "source_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "source_items",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item", JSONB(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("listed_mark", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sync_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "source_id", "key", name=op.f("pk_source_items")),
        _of_source("source_items"),
    )
    op.create_index("ix_source_items_state", "source_items", ["project_id", "source_id", "state", "key"])
