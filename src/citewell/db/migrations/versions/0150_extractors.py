"""Extractors and their versions. Every project gets its chunks extractor."""

from uuid import uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0150"
down_revision = "0140"
branch_labels = None
depends_on = None


def _stamps() -> tuple[sa.Column[object], ...]:
    now = sa.text("clock_timestamp()")
    return tuple(
        sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False)
        for name in ("created_at", "updated_at")
    )


def upgrade() -> None:
    extractors = op.create_table(
        "extractors",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_extractors")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_extractors_project_id_projects"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_extractors_project_id_family", "extractors", ["project_id", "family", "id"])
    versions = op.create_table(
        "extractor_versions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("extractor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_extractor_versions")),
        sa.UniqueConstraint(
            "project_id", "extractor_id", "number", name=op.f("uq_extractor_versions_project_id_extractor_id_number")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_extractor_versions_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "extractor_id"],
            ["extractors.project_id", "extractors.id"],
            name=op.f("fk_extractor_versions_project_id_extractor_id_extractors"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "uq_extractor_versions_default",
        "extractor_versions",
        ["project_id", "extractor_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    origin = sa.Column("origin", JSONB(), server_default=sa.text("'{}'"), nullable=False)
    op.add_column("table_versions", origin)
    connection = op.get_bind()
    for (project_id,) in connection.execute(sa.text("SELECT id FROM projects")).all():
        shared = {"project_id": project_id, "is_default": True, "settings": {}}
        extractor_id = uuid5(project_id, "chunks-extractor")
        connection.execute(extractors.insert().values(id=extractor_id, family="chunks", name="Chunks", **shared))
        connection.execute(
            versions.insert().values(id=uuid5(extractor_id, "version:1"), extractor_id=extractor_id, number=1, **shared)
        )
