"""Find the waiting jobs of a project quickly."""

from alembic import op

revision = "0125"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX procrastinate_jobs_waiting_project ON procrastinate_jobs (queue_name, (args ->> 'project_id'))"
        " WHERE status = 'todo'"
    )
