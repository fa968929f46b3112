"""What could not be read with certainty in a document, for those who read its answers."""

from alembic import op

revision = "0122"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE document_versions ADD COLUMN warnings jsonb NOT NULL DEFAULT '[]'")
