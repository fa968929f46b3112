"""For migrations of tables that may be large: changes in small transactions, which a break does not undo.

    with op.get_context().autocommit_block():
        rows = "SELECT ctid FROM messages WHERE extra IS NULL LIMIT :size"
        change_in_batches(f"UPDATE messages SET extra = '{}' WHERE ctid = ANY(ARRAY({rows}))")
        drop_unfinished_index("ix_messages_extra")
        op.create_index("ix_messages_extra", ..., postgresql_concurrently=True, if_not_exists=True)

The statement finds for itself what is left to do, so a migration that is run again goes on where it broke off.
"""

from alembic import op
from sqlalchemy import text

_SIZE = 5000  # rows


def change_in_batches(statement: str, size: int = _SIZE) -> int:
    """Run a statement, which changes at most `:size` rows, until it finds none; how many it changed."""
    total = 0
    while changed := op.get_bind().execute(text(statement), {"size": size}).rowcount:
        total += changed
    return total


def drop_unfinished_index(name: str) -> None:
    """Drop an index whose building broke off: it is there by its name, and of no use. Call it outside a transaction."""
    unfinished = text(
        "SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relname = :name AND c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid"
    )
    if op.get_bind().execute(unfinished, {"name": name}).first() is not None:
        op.execute(f'DROP INDEX CONCURRENTLY "{name}"')
