"""Which organisation deactivated an account; null where an operator did."""

import sqlalchemy as sa
from alembic import op

revision = "0300"
down_revision = "0290"
branch_labels = None
depends_on = None

# The last entry of the audit log on a deactivation says who it was.
_KNOWN = """
    UPDATE users SET deactivated_by_organization_id = o.id
    FROM (
        SELECT DISTINCT ON (object_id) object_id, detail ->> 'organization' AS organization
        FROM audit_log
        WHERE object_type = 'user'
            AND (action = 'user_deactivated' OR action = 'user_deprovisioned' AND detail ->> 'deactivated' = 'true')
        ORDER BY object_id, at DESC, id DESC
    ) last
    JOIN organizations o ON o.id::text = last.organization
    WHERE users.id::text = last.object_id AND users.deactivated_at IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("deactivated_by_organization_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_users_deactivated_by_organization_id_organizations"),
        "users",
        "organizations",
        ["deactivated_by_organization_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.execute(_KNOWN)
