"""Which attempt works on a run, so that a job that was taken for dead stops."""

import sqlalchemy as sa
from alembic import op

revision = "0326"
down_revision = "0315"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pipeline_runs", sa.Column("attempt", sa.Uuid(), nullable=True))
