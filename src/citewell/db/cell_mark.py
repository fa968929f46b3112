"""Marks a database as a cell by a name kept in it, so that nobody takes it for a whole installation."""

import psycopg
from sqlalchemy import text

from citewell.db.engine import Database, libpq_url
from citewell.db.shared_secret import shared_secret
from citewell.errors import SetupError
from citewell.settings import HOME

MOVES_LOCK = 0x63_77_6D_76  # lock in the home cell: a step of a move holds it shared, a backup that begins exclusively

_MARK = "cell"
_INSTALLATION = "installation"  # the mark that identifies a home cell
_READ = text("SELECT value FROM server_marks WHERE name = :mark")
_WRITE = text("INSERT INTO server_marks (name, value) VALUES (:mark, :cell) ON CONFLICT (name) DO NOTHING")
# One statement, so that a cell that another process has just marked and filled is not taken for a strange database.
_STATE = f"""
    SELECT (SELECT value FROM server_marks WHERE name = '{_MARK}') AS cell,
        (SELECT value FROM server_marks WHERE name = '{_INSTALLATION}') AS installation,
        EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM projects) AS is_used
"""  # noqa: S608 - our own names
_CONNECT_SECONDS = 10


def cell_of_database(url: str) -> str:
    """Returns the cell that a database is by its mark: the home cell if it has none."""
    with psycopg.connect(libpq_url(url), connect_timeout=_CONNECT_SECONDS) as connection:
        if connection.execute("SELECT to_regclass('server_marks')").fetchone() == (None,):
            return HOME
        row = connection.execute("SELECT value FROM server_marks WHERE name = %s", [_MARK]).fetchone()
    return str(row[0]) if row else HOME


async def check_cell(url: str, cell: str, home: Database) -> None:
    """Check that a database is this cell, or is empty and may become it. Changes nothing.

    Raises SetupError for any other database: accounts that the home cell does not know would be removed from it.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(
            libpq_url(url), autocommit=True, connect_timeout=_CONNECT_SECONDS
        )
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not answer: {str(error).strip().partition(chr(10))[0]}") from error
    async with connection:
        marks = await connection.execute("SELECT to_regclass('server_marks')")
        if await marks.fetchone() == (None,):
            return
        found = await (await connection.execute(_STATE)).fetchone()
    assert found is not None
    mark, installation, is_used = found
    if mark == cell:
        return
    if mark is not None:
        raise _is_another(cell, mark)
    if installation == (await shared_secret(home, _INSTALLATION)).hex():
        raise SetupError(
            f"CITEWELL_CELLS names the home cell's own database as the cell {cell}: give the cell an empty one."
        )
    if is_used:
        raise SetupError(
            f"The database of the cell {cell} has users or projects of another installation: name an empty one in"
            " CITEWELL_CELLS."
        )


async def settle_cell(database: Database, cell: str) -> str:
    """Mark the database as this cell, unless it is the home cell. Returns the name of the cell.

    Raises SetupError if the database is marked as another cell.
    """
    async with database.write() as session:
        if cell != HOME:
            await session.execute(_WRITE, {"mark": _MARK, "cell": cell})
        found: str | None = await session.scalar(_READ, {"mark": _MARK})
    if cell not in (HOME, found or HOME):
        raise _is_another(cell, found or HOME)
    return found or HOME


def _is_another(cell: str, found: str) -> SetupError:
    return SetupError(f"The database of the cell {cell} is the cell {found}: mend CITEWELL_CELLS.")
