"""The graph of a flow, where it is not the steps of documents alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0280"
down_revision = "0222"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("extraction_flows", sa.Column("dag", postgresql.JSONB(), nullable=True))
