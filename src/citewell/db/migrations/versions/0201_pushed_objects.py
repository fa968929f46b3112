"""Objects as searches find them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from citewell.models.passage import HalfVector

revision = "0201"
down_revision = "0250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "pushed_objects",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("min_page", sa.Integer(), nullable=True),
        sa.Column("max_page", sa.Integer(), nullable=True),
        sa.Column("names", ARRAY(sa.Text()), nullable=False),
        sa.Column("chunks", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("terms", ARRAY(sa.Text()), nullable=False),
        sa.Column("embedding", HalfVector(), nullable=True),
        sa.Column("embedding_model", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_pushed_objects")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_pushed_objects_project_id_projects"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_pushed_objects_terms", "pushed_objects", ["terms"], postgresql_using="gin")
    op.create_index("ix_pushed_objects_project_id_table_id", "pushed_objects", ["project_id", "table_id"])
