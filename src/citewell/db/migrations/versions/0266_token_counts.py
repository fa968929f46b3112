"""Tokens by project, month and model, for what they cost."""

import sqlalchemy as sa
from alembic import op

revision = "0266"
down_revision = "0265"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_counts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "month", "model", name=op.f("pk_token_counts")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_token_counts_project_id_projects"), ondelete="CASCADE"
        ),
    )
