"""Connections to the server of a cell."""

from typing import Any

import psycopg


async def ping(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raises psycopg's error where the connection was lost."""
    await connection.execute("SELECT 1")


async def lift_statement_limit(connection: psycopg.AsyncConnection[Any]) -> None:
    """Removes the time limit of the session's statements."""
    await connection.execute("SET statement_timeout = 0")
