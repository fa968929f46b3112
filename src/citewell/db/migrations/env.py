"""Alembic's entry: online only, on the connection that `citewell.db.migrate` hands over."""

from alembic import context
from sqlalchemy.schema import SchemaItem

from citewell.models import User
from citewell.models.base import Base

assert User.metadata is Base.metadata


def belongs_to_us(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None) -> bool:
    """Leave out the job queue's tables, which its own schema makes, and partitions."""
    if kind != "table" or not reflected:
        return True
    return not (name or "").startswith(("procrastinate_", "passages_", "table_rows_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=belongs_to_us,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
