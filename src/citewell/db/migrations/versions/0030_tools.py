"""All settings of agents, and what a tool is configured to look at."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    for name in ("knowledge_graph", "tags_hierarchies"):
        _add("agent_settings", f"{name}_mode", sa.Text(), "none")
        _add("agent_settings", f"{name}_parameters", _JSON, "{}")
    _add("agent_settings", "selected_workflows_mode", sa.Text(), "none")
    _add("agent_settings", "selected_workflows", postgresql.ARRAY(sa.Uuid()), "{}")
    _add("tools", "restrictions", _JSON, "{}")
    op.add_column("tools", sa.Column("agent_settings_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE tools SET retrieval_mode = 'semantic-chunks' WHERE retrieval_mode = 'semantic_chunks'")


def _add(table: str, name: str, kind: sa.types.TypeEngine[Any], value: str) -> None:
    """A column that is never null; rows that are there get the value, new ones theirs from the code."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))
    op.alter_column(table, name, server_default=None)
