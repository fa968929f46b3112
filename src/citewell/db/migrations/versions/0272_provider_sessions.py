"""What it takes to ask a provider whether a session still holds there."""

import sqlalchemy as sa
from alembic import op

revision = "0272"
down_revision = "0271"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("provider_sessions", sa.Column("provider", sa.Text(), nullable=True))
    op.add_column("provider_sessions", sa.Column("refresh_token", sa.LargeBinary(), nullable=True))
    op.add_column("provider_sessions", sa.Column("check_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_provider_sessions_check_at", "provider_sessions", ["check_at"], postgresql_where="check_at IS NOT NULL"
    )
