"""Results of extractors, kept by what they depend on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0170"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "extraction_results",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("extractor_id", sa.Uuid(), nullable=False),
        sa.Column("document_version_id", sa.Uuid(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("rows", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_extraction_results")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_extraction_results_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "extractor_id"],
            ["extractors.project_id", "extractors.id"],
            name=op.f("fk_extraction_results_project_id_extractor_id_extractors"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "document_version_id"],
            ["document_versions.project_id", "document_versions.id"],
            name=op.f("fk_extraction_results_project_id_document_version_id_document_versions"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_extraction_results_project_id_extractor_id", "extraction_results", ["project_id", "extractor_id"]
    )
    op.create_index(
        "ix_extraction_results_project_id_document_version_id",
        "extraction_results",
        ["project_id", "document_version_id"],
    )
