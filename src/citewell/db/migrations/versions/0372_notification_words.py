"""What a notification says, by a stable code with its values, beside the English message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0372"
down_revision = "0357"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notifications", sa.Column("message_code", sa.Text(), nullable=True))
    op.add_column(
        "notifications",
        sa.Column("message_values", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
