"""Organisations, their members, keys and SCIM resources; accounts that are deactivated."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0271"
down_revision = "0281"
branch_labels = None
depends_on = None


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _organization(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_organization_id_organizations"
    return sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=name, ondelete="CASCADE")


def _user(table: str, column: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_{table}_{column}_users", ondelete=ondelete)


def upgrade() -> None:
    op.add_column("users", sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("allowed_provisioning_domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("group_permissions", postgresql.JSONB(), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
        sa.UniqueConstraint("name", name="uq_organizations_name"),
    )
    op.create_table(
        "organization_members",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name="pk_organization_members"),
        _organization("organization_members"),
        _user("organization_members", "user_id", "CASCADE"),
    )
    op.create_index("ix_organization_members_user_id", "organization_members", ["user_id"])
    op.create_table(
        "organization_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_organization_keys"),
        sa.UniqueConstraint("hash", name="uq_organization_keys_hash"),
        _organization("organization_keys"),
        _user("organization_keys", "created_by", "SET NULL"),
    )
    op.create_index("ix_organization_keys_organization_id", "organization_keys", ["organization_id"])
    op.create_table(
        "scim_resources",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("organization_id", "id", name="pk_scim_resources"),
        _organization("scim_resources"),
        _user("scim_resources", "user_id", "SET NULL"),
    )
    op.create_index("ix_scim_resources_user_id", "scim_resources", ["user_id"])
    op.create_index(
        "uq_scim_resources_user",
        "scim_resources",
        ["organization_id", "name"],
        unique=True,
        postgresql_where="kind = 'User'",
    )
    op.create_index(
        "ix_scim_resources_organization_id_kind_name", "scim_resources", ["organization_id", "kind", "name"]
    )
