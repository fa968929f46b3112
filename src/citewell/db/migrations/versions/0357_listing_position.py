"""Where the listing of a sync goes on in its next slice of time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0357"
down_revision = "0326"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_syncs", sa.Column("position", postgresql.JSONB(), nullable=True))
