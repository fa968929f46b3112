"""What tells one token from another."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("last_four", sa.Text(), server_default="", nullable=False))
    op.alter_column("tokens", "last_four", server_default=None)
