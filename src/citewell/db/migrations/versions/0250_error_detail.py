"""What a model server said of a turn that failed, for administrators."""

import sqlalchemy as sa
from alembic import op

revision = "0250"
down_revision = "0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("error_detail", sa.Text(), nullable=True))
