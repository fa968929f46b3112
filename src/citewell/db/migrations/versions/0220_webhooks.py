"""Webhooks: addresses, deliveries, and the triggers that queue an event in its own transaction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0220"
down_revision = "0170"
branch_labels = None
depends_on = None

_QUEUE = """
CREATE FUNCTION queue_webhooks(project uuid, kind text, data jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook_deliveries (project_id, id, webhook_id, event, body)
    SELECT w.project_id, gen_random_uuid(), w.id, kind, jsonb_build_object(
        'type', kind,
        'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'data', jsonb_build_object('project_id', project) || data
    )::text
    FROM webhooks w WHERE w.project_id = project AND w.enabled AND kind = ANY (w.events)
$$
"""
_WANTED = """
CREATE FUNCTION webhook_wanted(project uuid, kind text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM webhooks w WHERE w.project_id = project AND w.enabled AND kind = ANY (w.events)
    )
$$
"""
# Documents of a conversation or an agent are nobody else's business.
_DOCUMENT = """
CREATE FUNCTION announce_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := CASE NEW.stage WHEN 'failed' THEN 'document.failed' ELSE 'document.active' END;
BEGIN
    IF webhook_wanted(NEW.project_id, kind) THEN
        PERFORM queue_webhooks(NEW.project_id, kind, jsonb_build_object(
            'document_id', d.id, 'name', d.name, 'version_id', NEW.id, 'version', NEW.number, 'run_id', NEW.run_id
        ) || CASE NEW.stage WHEN 'failed' THEN jsonb_build_object('error', (
            SELECT jsonb_build_object('step', s.step, 'code', s.error_code, 'message', s.error)
            FROM version_steps s
            WHERE s.project_id = NEW.project_id AND s.version_id = NEW.id AND s.state = 'failed'
            ORDER BY s.ended_at DESC LIMIT 1
        )) ELSE '{}' END)
        FROM documents d WHERE d.project_id = NEW.project_id AND d.id = NEW.document_id AND d.local_to IS NULL;
    END IF;
    RETURN NULL;
END $$
"""
_RUN = """
CREATE FUNCTION announce_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhook_wanted(NEW.project_id, 'run.ended') THEN
        PERFORM queue_webhooks(NEW.project_id, 'run.ended', jsonb_build_object(
            'run_id', NEW.id, 'name', NEW.pipeline_name, 'mode', NEW.mode, 'status', NEW.status,
            'failed_documents', (
                SELECT count(*) FROM document_versions v
                WHERE v.project_id = NEW.project_id AND v.run_id = NEW.id AND v.stage = 'failed'
            )
        ));
    END IF;
    RETURN NULL;
END $$
"""
_FEEDBACK = """
CREATE FUNCTION announce_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhook_wanted(NEW.project_id, 'feedback.given') THEN
        PERFORM queue_webhooks(NEW.project_id, 'feedback.given', jsonb_build_object(
            'feedback_id', NEW.id, 'conversation_id', NEW.conversation_id, 'query_id', NEW.query_id,
            'is_positive', NEW.is_positive, 'feedback', left(NEW.feedback, 2000), 'given_by', NEW.given_by
        ));
    END IF;
    RETURN NULL;
END $$
"""
_TURN = """
CREATE FUNCTION announce_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhook_wanted(NEW.project_id, 'turn.finished') THEN
        PERFORM queue_webhooks(NEW.project_id, 'turn.finished', jsonb_build_object(
            'turn_id', NEW.id, 'conversation_id', NEW.conversation_id, 'query_id', NEW.query_id,
            'user_id', NEW.user_id, 'state', NEW.state, 'error_code', NEW.error_code
        ));
    END IF;
    RETURN NULL;
END $$
"""
# They run when the transaction commits, so that a failed version's step has its reason by then. That the state moved is
# looked at when it does.
_TRIGGERS = (
    (
        "document_versions",
        "UPDATE OF stage",
        "NEW.stage IN ('published', 'failed') AND NEW.stage IS DISTINCT FROM OLD.stage",
        "announce_document",
    ),
    (
        "pipeline_runs",
        "UPDATE OF status",
        "OLD.status IN ('pending', 'running') AND NEW.status NOT IN ('pending', 'running')",
        "announce_run",
    ),
    ("pipeline_runs", "INSERT", "NEW.status NOT IN ('pending', 'running')", "announce_run"),
    ("feedbacks", "INSERT", "true", "announce_feedback"),
    ("turns", "UPDATE OF state", "OLD.state = 'running' AND NEW.state <> 'running'", "announce_turn"),
)


def _columns() -> tuple[sa.Column[object], ...]:
    now = sa.text("clock_timestamp()")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("events", ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        *_columns(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_webhooks")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_webhooks_project_id_projects"), ondelete="CASCADE"
        ),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("log", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        *_columns(),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_webhook_deliveries")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_webhook_deliveries_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "webhook_id"],
            ["webhooks.project_id", "webhooks.id"],
            name=op.f("fk_webhook_deliveries_project_id_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["project_id", "webhook_id", "next_attempt_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_webhook_deliveries_log", "webhook_deliveries", ["project_id", "webhook_id", "created_at", "id"])
    for function in (_QUEUE, _WANTED, _DOCUMENT, _RUN, _FEEDBACK, _TURN):
        op.execute(function)
    for table, event, condition, function in _TRIGGERS:
        name = f"{function}_{event.partition(' ')[0].lower()}"
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}()"
        )
