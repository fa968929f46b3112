"""Files of rows that go into tables and come out of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0160"
down_revision = "0150"
branch_labels = None
depends_on = None


def _columns(*own: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    now = sa.text("clock_timestamp()")
    ids = (sa.Column("project_id", sa.Uuid(), nullable=False), sa.Column("id", sa.Uuid(), nullable=False))
    stamps = tuple(
        sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False)
        for name in ("created_at", "updated_at")
    )
    return (*ids, *own, *stamps)


def upgrade() -> None:
    # The blocks of documents have ids, as the rows of every other table.
    op.execute(
        """UPDATE knowledge_tables SET columns = '[{"name": "id", "type": "uuid"}]'::jsonb || columns"""
        """ WHERE name = 'blocks' AND object_type = 'block' AND NOT columns @> '[{"name": "id"}]'"""
    )
    tables = {
        "temp_datasets": _columns(
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("content_type", sa.Text(), nullable=False),
            sa.Column("file_key", sa.Text(), nullable=False),
            sa.Column("file_size", sa.BigInteger(), nullable=True),
            sa.Column("status", sa.Text(), nullable=False),
            sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
            sa.Column("created_by", sa.Uuid(), nullable=True),
            sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        ),
        "import_export_operations": _columns(
            sa.Column("job_type", sa.Text(), nullable=False),
            sa.Column("scope", sa.Text(), nullable=False),
            sa.Column("table_version_id", sa.Uuid(), nullable=False),
            sa.Column("dataset_id", sa.Uuid(), nullable=False),
            sa.Column("options", JSONB(), nullable=False),
            sa.Column("status", sa.Text(), nullable=False),
            sa.Column("error_message", sa.Text(), nullable=True),
            sa.Column("row_count", sa.BigInteger(), nullable=True),
        ),
    }
    for name, columns in tables.items():
        op.create_table(
            name,
            *columns,
            sa.PrimaryKeyConstraint("project_id", "id", name=op.f(f"pk_{name}")),
            sa.ForeignKeyConstraint(
                ["project_id"], ["projects.id"], name=op.f(f"fk_{name}_project_id_projects"), ondelete="CASCADE"
            ),
        )
