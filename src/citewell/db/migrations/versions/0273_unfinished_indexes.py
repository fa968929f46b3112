"""Build the indexes of waiting documents and of locks again where their building broke off."""

from alembic import op

from citewell.db.migrations.batches import drop_unfinished_index

revision = "0273"
down_revision = "0272"
branch_labels = None
depends_on = None

_INDEXES = {
    "procrastinate_jobs_lock": ("procrastinate_jobs", ["lock"], "status IN ('todo', 'doing')"),
    "version_steps_waiting": ("version_steps", ["project_id", "version_id"], "state = 'waiting'"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, columns, condition) in _INDEXES.items():
            drop_unfinished_index(name)
            op.create_index(
                name,
                table,
                columns,
                postgresql_where=condition,
                postgresql_concurrently=True,
                if_not_exists=True,
            )
