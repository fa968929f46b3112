"""Collections, tags, signed uploads, what the steps of the pipeline depend on, and terms for BM25 without extension."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0001"
branch_labels = None
depends_on = None


def _tenant() -> tuple[sa.Column[Any], ...]:
    now = sa.text("clock_timestamp()")
    return (
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    name = op.f(f"fk_{table}_project_id_projects")
    return (
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=name, ondelete="CASCADE"),
    )


def upgrade() -> None:
    op.create_table(
        "collections",
        *_tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        *_keys("collections"),
        sa.UniqueConstraint("project_id", "slug", name=op.f("uq_collections_project_id_slug")),
    )
    op.add_column("documents", sa.Column("collection_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_documents_project_id_collection_id_collections"),
        "documents",
        "collections",
        ["project_id", "collection_id"],
        ["project_id", "id"],
    )
    op.create_index("ix_documents_project_id_collection_id", "documents", ["project_id", "collection_id"])
    op.create_table(
        "document_tags",
        *_tenant(),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("justification", sa.Text(), nullable=False),
        sa.Column("verbatim", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=True),
        sa.Column("table_version_id", sa.Uuid(), nullable=True),
        *_keys("document_tags"),
        sa.ForeignKeyConstraint(
            ["project_id", "document_id"],
            ["documents.project_id", "documents.id"],
            name=op.f("fk_document_tags_project_id_document_id_documents"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_document_tags_project_id_document_id", "document_tags", ["project_id", "document_id"])
    op.create_index("ix_document_tags_project_id_name_value", "document_tags", ["project_id", "name", "value"])
    op.create_table(
        "pending_uploads",
        *_tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        *_keys("pending_uploads"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_pending_uploads_created_by_users"), ondelete="SET NULL"
        ),
    )
    op.add_column("documents", sa.Column("computed_pdf_key", sa.Text(), nullable=True))
    op.add_column("document_versions", sa.Column("file_size", sa.BigInteger(), nullable=True))
    for name in ("failed_stage", "last_error", "parse_key", "chunk_key"):
        op.add_column("document_versions", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("document_versions", sa.Column("pages_done", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("document_versions", "pages_done", server_default=None)
    op.create_index("ix_document_versions_project_id_sha256", "document_versions", ["project_id", "sha256"])
    for statement in _TERMS:
        op.execute(statement)


# A row without a term carries the length of the passage. The tables are those beside each project's partition, see
# citewell/db/partitions.py.
_TERMS = (
    """
    CREATE FUNCTION passage_terms(passage_chunk uuid, passage_ordinal int, content text)
    RETURNS TABLE (term text, chunk_id uuid, ordinal int, tf int, length int) LANGUAGE sql IMMUTABLE AS $$
        WITH words AS (
            SELECT word FROM unnest(string_to_array(content, ' ')) AS split(word) WHERE word <> ''
        ), size AS (SELECT count(*)::int AS length FROM words)
        SELECT word, passage_chunk, passage_ordinal, count(*)::int, min(size.length) FROM words, size GROUP BY word
        UNION ALL SELECT '', passage_chunk, passage_ordinal, 0, size.length FROM size
    $$
    """,
    """
    CREATE FUNCTION passage_terms_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'INSERT INTO %I SELECT found.* FROM changed, '
            'passage_terms(changed.chunk_id, changed.ordinal, changed.content) AS found',
            TG_TABLE_NAME || '_terms'
        );
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION passage_terms_removed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'DELETE FROM %I AS stored USING changed '
            'WHERE stored.chunk_id = changed.chunk_id AND stored.ordinal = changed.ordinal',
            TG_TABLE_NAME || '_terms'
        );
        RETURN NULL;
    END $$
    """,
)
