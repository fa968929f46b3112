"""Secrets that all processes of an installation share, made once and kept in the database."""

import secrets

from sqlalchemy import text

from citewell.db.engine import Database

_MAKE = text("INSERT INTO server_marks (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
_READ = text("SELECT value FROM server_marks WHERE name = :name")


async def shared_secret(database: Database, name: str) -> bytes:
    """32 random bytes; the same for each caller."""
    async with database.autocommit() as connection:
        await connection.execute(_MAKE, {"name": name, "value": secrets.token_hex(32)})
        found: str = (await connection.scalars(_READ, {"name": name})).one()
    return bytes.fromhex(found)
