"""Whether the listing of a sync was of everything, so that what it left out is deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0340"
down_revision = "0325"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_syncs", sa.Column("is_complete", sa.Boolean(), nullable=False, server_default=sa.true()))
