"""Local documents, ground truths, and the count of searches."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0030"
branch_labels = None
depends_on = None

_OWN, _LOCAL = sa.text("local_to IS NULL"), sa.text("local_to IS NOT NULL")


def upgrade() -> None:
    for table in ("documents", "passages", "staged_passages"):
        op.add_column(table, sa.Column("local_to", sa.Uuid(), nullable=True))
    op.add_column("documents", sa.Column("local_kind", sa.Text(), nullable=True))
    for table in ("documents", "passages"):
        name = f"ix_{table}_project_id_local_to"
        op.create_index(name, table, ["project_id", "local_to"], postgresql_where=_LOCAL)
    lists = "ix_documents_project_id_status_created_at"
    op.drop_index(lists, "documents")
    op.create_index(lists, "documents", ["project_id", "status", "created_at"], postgresql_where=_OWN)
    op.execute(_TERMS_ADDED)
    _ground_truths()
    op.create_table(
        "retrieval_counts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "month", name=op.f("pk_retrieval_counts")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_retrieval_counts_project_id_projects"), ondelete="CASCADE"
        ),
    )


def _ground_truths() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "ground_truths",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("additional_notes", sa.Text(), nullable=False),
        sa.Column("source_feedback_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_ground_truths")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_ground_truths_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_ground_truths_created_by_users"), ondelete="SET NULL"
        ),
    )


# The terms of local passages are not kept: they are few in any one search, and counted when it comes.
_TERMS_ADDED = """
    CREATE OR REPLACE FUNCTION passage_terms_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'INSERT INTO %I SELECT found.* FROM changed, '
            'passage_terms(changed.chunk_id, changed.ordinal, changed.content) AS found '
            'WHERE changed.local_to IS NULL',
            TG_TABLE_NAME || '_terms'
        );
        RETURN NULL;
    END $$
"""
