"""LISTEN and NOTIFY. The payload of a notification is its kind, a space, and the id of a turn."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CHANNEL = "citewell_turns"
_NOTIFY = text(f"SELECT pg_notify('{_CHANNEL}', :kind || ' ' || id) FROM unnest(CAST(:turns AS text[])) AS id")  # noqa: S608


async def notify(connection: AsyncConnection, kind: str, turns: Sequence[UUID]) -> None:
    """Notifies the processes that listen, when the transaction commits."""
    await connection.execute(_NOTIFY, {"kind": kind, "turns": list(map(str, turns))})


async def listen(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[tuple[str, str]]:
    """Yields (kind, rest of the payload) of each notification from now on. The rest is not validated."""
    await connection.execute(f"LISTEN {_CHANNEL}")
    async for notification in connection.notifies():
        kind, _, subject = notification.payload.partition(" ")
        yield kind, subject
