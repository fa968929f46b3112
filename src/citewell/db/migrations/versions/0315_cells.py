"""Several cells: where projects live, and what a move from one to another needs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0315"
down_revision = "0340"
branch_labels = None
depends_on = None

# Bound to a project's rows only while it moves (`citewell.cells.moving.fence`). Arguments: the project, the number of
# its lock, and the columns of the primary key. Whoever writes holds the lock in share mode until its transaction ends,
# so nobody is left writing once the move holds it alone.
_NOTE_CHANGE = """
    CREATE FUNCTION note_moving_row() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        moving text;
        written jsonb;
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(TG_ARGV[1]::bigint);
        SELECT state INTO moving FROM moving_projects WHERE project_id = TG_ARGV[0]::uuid;
        IF (moving IN ('closed', 'moved') AND TG_ARGV[2] NOT IN ('audit_log', 'retrieval_counts', 'token_counts'))
            OR (moving = 'draining' AND TG_OP = 'INSERT' AND TG_ARGV[2] = 'turns') THEN
            RAISE EXCEPTION 'the project % is moving to another cell', TG_ARGV[0] USING ERRCODE = 'CW001';
        END IF;
        IF moving <> 'leaving' THEN
            written := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
            INSERT INTO moving_changes (project_id, table_name, key)
            SELECT TG_ARGV[0]::uuid, TG_ARGV[2], jsonb_object_agg(part, written -> part)
            FROM unnest(string_to_array(TG_ARGV[3], ',')) AS part;
        END IF;
        RETURN NULL;
    END $$
"""
# Bound to the tables of accounts by the first process that has cells (`citewell.cells.accounts`).
_TELL_ACCOUNT = """
    CREATE FUNCTION tell_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('citewell_accounts',
            TG_TABLE_NAME || ' ' || CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END);
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "project_cells",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        _moment("changed_at"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_cells_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_cells")),
    )
    op.create_table(
        "project_moves",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", postgresql.JSONB(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_moves_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_moves")),
    )
    op.create_table(
        "moving_projects",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_moving_projects")),
    )
    op.create_table(
        "moving_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("key", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moving_changes")),
    )
    op.create_index("ix_moving_changes_project_id_id", "moving_changes", ["project_id", "id"])
    op.execute(_NOTE_CHANGE)
    op.execute(_TELL_ACCOUNT)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
