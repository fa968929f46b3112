"""When the reply of an interview that is under way began, so that there is one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0301"
down_revision = "0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interviews", sa.Column("replying_since", sa.DateTime(timezone=True), nullable=True))
