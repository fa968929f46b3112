"""Tables, their versions, and rows in partitioned storage. Every project gets its two tables of documents."""

from datetime import datetime
from uuid import uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0100"
down_revision = "0090"
branch_labels = None
depends_on = None

PARTITIONS = 16
_CHUNK = (("id", "uuid"), ("document_id", "uuid"), ("content", "text"), ("min_page", "int"), ("max_page", "int"))
_DEFAULTS = {
    "chunks": ("chunk", (*_CHUNK, ("blocks", "json"), ("heading_path", "json"))),
    "blocks": (
        "block",
        (
            ("chunk_id", "uuid"),
            ("document_id", "uuid"),
            ("number", "int"),
            ("type", "text"),
            ("page", "int"),
            ("bbox", "json"),
            ("content", "text"),
        ),
    ),
}


def _stamps() -> tuple[sa.Column[datetime], ...]:
    now = sa.text("clock_timestamp()")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def upgrade() -> None:
    tables = op.create_table(
        "knowledge_tables",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("object_metadata", JSONB(), nullable=False),
        sa.Column("dependencies", JSONB(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_knowledge_tables")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_knowledge_tables_project_id_name")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_knowledge_tables_project_id_projects"), ondelete="CASCADE"
        ),
    )
    versions = op.create_table(
        "table_versions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deployed", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("dependencies", JSONB(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.Column("dense", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_table_versions")),
        sa.UniqueConstraint(
            "project_id", "table_id", "number", name=op.f("uq_table_versions_project_id_table_id_number")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_table_versions_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "table_id"],
            ["knowledge_tables.project_id", "knowledge_tables.id"],
            name=op.f("fk_table_versions_project_id_table_id_knowledge_tables"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "uq_table_versions_deployed",
        "table_versions",
        ["project_id", "table_id"],
        unique=True,
        postgresql_where=sa.text("deployed"),
    )
    op.create_table(
        "table_rows",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=True),
        sa.Column("chunk_id", sa.Text(), nullable=True),
        sa.Column("data", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "version_id", "position", name=op.f("pk_table_rows")),
        sa.ForeignKeyConstraint(
            ["project_id", "version_id"],
            ["table_versions.project_id", "table_versions.id"],
            name=op.f("fk_table_rows_project_id_version_id_table_versions"),
            ondelete="CASCADE",
        ),
        postgresql_partition_by="HASH (version_id)",
    )
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE table_rows_{number} PARTITION OF table_rows"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.create_index("ix_table_rows_row_id", "table_rows", ["project_id", "version_id", "row_id"])
    op.create_index("ix_table_rows_document_id", "table_rows", ["project_id", "version_id", "document_id", "position"])
    op.create_index(
        "ix_table_rows_chunk_id",
        "table_rows",
        ["project_id", "version_id", "chunk_id", "position"],
        postgresql_where=sa.text("chunk_id IS NOT NULL"),
    )
    connection = op.get_bind()
    for (project_id,) in connection.execute(sa.text("SELECT id FROM projects")).all():
        for name, (kind, columns) in _DEFAULTS.items():
            table_id = uuid5(project_id, f"table:{name}")
            shared = {"project_id": project_id, "dependencies": {}}
            described = [{"name": column, "type": of} for column, of in columns]
            connection.execute(
                tables.insert().values(
                    id=table_id, name=name, object_type=kind, columns=described, object_metadata={}, **shared
                )
            )
            connection.execute(
                versions.insert().values(
                    id=uuid5(table_id, "live"),
                    table_id=table_id,
                    number=1,
                    deployed=False,
                    live=True,
                    row_count=0,
                    next_position=0,
                    dense=True,
                    **shared,
                )
            )
