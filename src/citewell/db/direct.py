"""Statements straight to the driver, for the few where every tenth of a millisecond counts.

Most are planned anew each time, which costs some 0.03 ms. As a prepared statement, which the driver makes of what it
has sent five times, a scan of the text index after one of the vector index took 5.8 ms in place of 0.6.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(
    connection: AsyncConnection, statement: str, parameters: Mapping[str, Any], *, prepare: bool = False
) -> list[Any]:
    """The rows as named tuples. Parameters are written `%(name)s`. The connection is in autocommit.

    `prepare` is for a statement whose planning costs more than its execution.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    try:
        async with driver.cursor(row_factory=namedtuple_row) as cursor:
            # What the statements are made of besides parameters are names of tables that we derive from ids.
            await cursor.execute(statement.encode(), parameters, prepare=prepare)
            return await cursor.fetchall()
    except psycopg.OperationalError as error:
        await connection.invalidate()
        raise OperationalError(statement, None, error) from error
