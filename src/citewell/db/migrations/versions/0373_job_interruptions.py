"""How often a job was ended from outside: these attempts are not its errors."""

import sqlalchemy as sa
from alembic import op

revision = "0373"
down_revision = "0372"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "procrastinate_jobs", sa.Column("interruptions", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
