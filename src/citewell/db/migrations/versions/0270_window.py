"""Find the documents that wait outside the queue, and the jobs with the same lock, quickly."""

from alembic import op

revision = "0270"
down_revision = "0280"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Fetching a job looks for others with its lock. Without this it reads all that wait, for each job fetched.
        op.create_index(
            "procrastinate_jobs_lock",
            "procrastinate_jobs",
            ["lock"],
            postgresql_where="status IN ('todo', 'doing')",
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "version_steps_waiting",
            "version_steps",
            ["project_id", "version_id"],
            postgresql_where="state = 'waiting'",
            postgresql_concurrently=True,
            if_not_exists=True,
        )
