"""For migrations of tables that may be large: changes in small transactions, which a break does not undo.

    with op.get_context().autocommit_block():
        rows = "SELECT ctid FROM messages WHERE extra IS NULL LIMIT :size"
        change_in_batches(f"UPDATE messages SET extra = '{}' WHERE ctid = ANY(ARRAY({rows}))")
        op.create_index(..., postgresql_concurrently=True, if_not_exists=True)

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
