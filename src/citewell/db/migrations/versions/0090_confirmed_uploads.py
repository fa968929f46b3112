"""Remember which document an upload became, so that confirming it again is harmless."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_uploads", sa.Column("confirmed_as", sa.Uuid(), nullable=True))
