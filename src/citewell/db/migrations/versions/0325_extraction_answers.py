"""Answers of models about documents whose results are not kept yet, and results of tables of document tags."""

import sqlalchemy as sa
from alembic import op

revision = "0325"
down_revision = "0301"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extraction_answers",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("document_version_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
            for name in ("created_at", "updated_at")
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_extraction_answers")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_extraction_answers_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "document_version_id"],
            ["document_versions.project_id", "document_versions.id"],
            name=op.f("fk_extraction_answers_project_id_document_version_id_document_versions"),
            ondelete="CASCADE",
        ),
    )
    for column in ("result_id", "document_version_id"):
        op.create_index(f"ix_extraction_answers_project_id_{column}", "extraction_answers", ["project_id", column])
    op.alter_column("extraction_results", "extractor_id", nullable=True)
    op.add_column("extraction_results", sa.Column("table_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_extraction_results_project_id_table_id_knowledge_tables"),
        "extraction_results",
        "knowledge_tables",
        ["project_id", "table_id"],
        ["project_id", "id"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(
        op.f("ck_extraction_results_owner"), "extraction_results", "num_nonnulls(extractor_id, table_id) = 1"
    )
    op.create_index(
        "ix_extraction_results_project_id_table_id",
        "extraction_results",
        ["project_id", "table_id"],
        postgresql_where=sa.text("table_id IS NOT NULL"),
    )
