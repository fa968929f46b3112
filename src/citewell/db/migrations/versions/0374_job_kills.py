"""How often a job's process died: a job that kills it each time is given up."""

import sqlalchemy as sa
from alembic import op

revision = "0374"
down_revision = "0373"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("procrastinate_jobs", sa.Column("kills", sa.Integer(), nullable=False, server_default=sa.text("0")))
