"""People: feedback, signals, invites, notifications, sign-in and the audit log; conversations by what was said."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None

# The words of a message, each behind a mark of its project: the index is read for one project only. Characters of
# languages that are written without spaces are words of their own.
_WORDS = r"""
CREATE FUNCTION searched_words(project uuid, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT array_to_tsvector(array_agg(DISTINCT right(project::text, 12) || left(word, 100)))
    FROM regexp_split_to_table(
        regexp_replace(lower(content), '([\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\uA4CF\uAC00-\uD7AF\uF900-\uFAFF])', ' \1 ', 'g'),
        '[^[:alnum:]]+'
    ) AS split (word)
    WHERE word <> ''
$$
"""
_INDEX = """
CREATE INDEX ix_messages_words ON messages USING gin (searched_words(project_id, content)) WHERE type = 'message'
"""
_MORE_INDEXES = (
    "CREATE INDEX ix_feedbacks_words ON feedbacks USING gin (searched_words(project_id, feedback))",
    """
    CREATE FUNCTION signal_text(feedback text, context jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT feedback || ' ' || coalesce(context ->> 'additional_details', '')
    $$
    """,
    "CREATE INDEX ix_signals_words ON signals USING gin (searched_words(project_id, signal_text(feedback, context)))",
)
_APPEND_ONLY = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
    END $$
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_email", sa.Text(), nullable=False),
        sa.Column("acting_id", sa.Uuid(), nullable=True),
        sa.Column("acting_email", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"], unique=False)
    op.create_index("ix_audit_log_project_id_at", "audit_log", ["project_id", "at", "id"], unique=False)
    op.create_table(
        "login_failures",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_failures")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("hash", name=op.f("uq_user_sessions_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "invites",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name=op.f("fk_invites_invited_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_invites_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_invites")),
    )
    op.create_index(
        "ix_invites_email", "invites", ["email"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index("ix_invites_secret_hash", "invites", ["secret_hash"], unique=True)
    op.create_index(
        "uq_invites_pending",
        "invites",
        ["project_id", "email"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "notifications",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("access_level", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("notification_type", sa.Text(), nullable=False),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_object_type", sa.Text(), nullable=False),
        sa.Column("source_object_id", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_notifications_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notifications_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_notifications")),
    )
    op.create_index(
        "ix_notifications_project_id_user_id", "notifications", ["project_id", "user_id", "created_at"], unique=False
    )
    op.create_table(
        "signals",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("is_positive", sa.Boolean(), nullable=True),
        sa.Column("suggested_action_type", sa.Text(), nullable=True),
        sa.Column("suggested_action_data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["users.id"], name=op.f("fk_signals_given_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_signals_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_signals")),
    )
    op.create_index("ix_signals_project_id_created_at", "signals", ["project_id", "created_at", "id"], unique=False)
    op.create_index("ix_signals_project_id_given_by", "signals", ["project_id", "given_by", "created_at"], unique=False)
    op.create_table(
        "feedbacks",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("query_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("is_positive", sa.Boolean(), nullable=True),
        sa.Column("suggested_action_type", sa.Text(), nullable=True),
        sa.Column("suggested_action_data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["users.id"], name=op.f("fk_feedbacks_given_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "conversation_id"],
            ["conversations.project_id", "conversations.id"],
            name=op.f("fk_feedbacks_project_id_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_feedbacks_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_feedbacks")),
    )
    op.create_index(
        "ix_feedbacks_project_id_conversation_id",
        "feedbacks",
        ["project_id", "conversation_id", "status", "updated_at", "id"],
        unique=False,
    )
    op.create_index("ix_feedbacks_project_id_created_at", "feedbacks", ["project_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_feedbacks_project_id_given_by", "feedbacks", ["project_id", "given_by", "created_at"], unique=False
    )
    op.drop_index(op.f("ix_conversations_project_id_created_at"), table_name="conversations")
    op.create_index(
        "ix_conversations_project_id_created_at", "conversations", ["project_id", "created_at", "id"], unique=False
    )
    op.drop_index(op.f("ix_conversations_project_id_created_by"), table_name="conversations")
    op.create_index(
        "ix_conversations_project_id_created_by",
        "conversations",
        ["project_id", "created_by", "created_at", "id"],
        unique=False,
    )
    op.add_column("users", sa.Column("password_hash", sa.Text(), nullable=True))
    op.create_index("ix_feedbacks_project_id_updated_at", "feedbacks", ["project_id", "updated_at", "id"])
    op.create_index(
        "ix_conversations_archived",
        "conversations",
        ["project_id", "id"],
        postgresql_where=sa.text("archived_at IS NOT NULL"),
    )
    op.execute(_WORDS)
    op.execute(_INDEX)
    for statement in _MORE_INDEXES + _APPEND_ONLY:
        op.execute(statement)
