"""State of processing for each step of a document version, in place of one set of columns for all steps."""

import sqlalchemy as sa
from alembic import op

revision = "0132"
down_revision = "0130"
branch_labels = None
depends_on = None

# How many steps a version has behind it; null where that is not known: of what was deleted, nothing is asked any more.
_DONE = """
    CASE CASE v.stage WHEN 'failed' THEN v.failed_stage ELSE v.stage END
        WHEN 'uploaded' THEN 0 WHEN 'parsed' THEN 1 WHEN 'chunked' THEN 2 WHEN 'embedded' THEN 3
        WHEN 'published' THEN 4 WHEN 'superseded' THEN 4
    END
"""
_STEPS = "(VALUES ('parse', 1), ('chunk', 2), ('embed', 3), ('publish', 4)) AS s (name, number)"


def upgrade() -> None:
    op.create_table(
        "version_steps",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("project_id", "version_id", "step", name=op.f("pk_version_steps")),
        sa.ForeignKeyConstraint(
            ["project_id", "version_id"],
            ["document_versions.project_id", "document_versions.id"],
            name=op.f("fk_version_steps_project_id_version_id_document_versions"),
            ondelete="CASCADE",
        ),
    )
    columns = "project_id, version_id, step, state, attempts, input_hash, error_code, error, started_at, ended_at"
    op.execute(
        f"""
        INSERT INTO version_steps ({columns})
        SELECT v.project_id, v.id, s.name, 'done', 1,
            CASE s.name WHEN 'parse' THEN v.parse_key WHEN 'chunk' THEN v.chunk_key END, NULL, NULL,
            v.created_at + make_interval(secs => s.number * 0.001), v.updated_at
        FROM document_versions v JOIN {_STEPS} ON s.number <= {_DONE}
        """  # noqa: S608
    )
    # The step that a version failed at, or is at.
    op.execute(
        f"""
        INSERT INTO version_steps ({columns})
        SELECT v.project_id, v.id, s.name,
            CASE WHEN v.stage = 'failed' THEN 'failed'
                WHEN v.stage = 'embedded' AND d.local_to IS NULL AND f.publish_mode = 'manual_publish' THEN 'held'
                ELSE 'pending' END,
            CASE WHEN v.stage = 'failed' OR v.last_error IS NOT NULL THEN v.attempts ELSE 0 END, NULL,
            v.failure_code, CASE WHEN v.stage = 'failed' THEN v.failure_reason ELSE v.last_error END,
            CASE WHEN v.stage = 'failed' OR v.last_error IS NOT NULL
                THEN greatest(v.updated_at, v.created_at + interval '1 s') END,
            CASE WHEN v.stage = 'failed' THEN v.updated_at END
        FROM document_versions v
        JOIN documents d ON d.project_id = v.project_id AND d.id = v.document_id
        LEFT JOIN extraction_flows f ON f.project_id = v.project_id
        JOIN {_STEPS} ON s.number = {_DONE} + 1
        WHERE v.stage NOT IN ('published', 'superseded', 'deleted')
            AND NOT (v.stage = 'uploaded' AND NOT v.started AND v.run_id IS NULL AND d.local_to IS NULL)
        """  # noqa: S608
    )
    for name in ("attempts", "failure_code", "failure_reason", "failed_stage", "last_error", "parse_key", "chunk_key"):
        op.drop_column("document_versions", name)
