"""The name of the cell that a database is, kept in it: nobody must take it for a whole installation."""

from sqlalchemy import text

from citewell.db.engine import Database
from citewell.errors import SetupError
from citewell.settings import HOME

_MARK = "cell"
_READ = text("SELECT value FROM server_marks WHERE name = :mark")
_WRITE = text("INSERT INTO server_marks (name, value) VALUES (:mark, :cell) ON CONFLICT (name) DO NOTHING")


async def settle_cell(database: Database, cell: str) -> str:
    """Mark the database as this cell, unless it is to be the home cell; the name of the cell that it is.

    Raises SetupError for one that is another cell already.
    """
    async with database.write() as session:
        if cell != HOME:
            await session.execute(_WRITE, {"mark": _MARK, "cell": cell})
        found: str | None = await session.scalar(_READ, {"mark": _MARK})
    if cell not in (HOME, found or HOME):
        raise SetupError(f"The database of the cell {cell} is the cell {found}: mend CITEWELL_CELLS.")
    return found or HOME
