"""The SQL of the authorization server: its clients, grants and secrets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.models import OAuthClient, OAuthGrant, OAuthSecret

_REGISTERING = 0x72656769  # "regi": of the lock that is held while a client is registered
_ACCESS = """
    SELECT s.expires_at, g.id, g.revoked_at, g.resource, g.projects, g.scopes, g.last_used_at, u.id AS user_id,
        u.email, u.is_superuser
    FROM oauth_secrets s JOIN oauth_grants g ON g.id = s.grant_id JOIN users u ON u.id = g.user_id
    WHERE s.hash = %(hash)s AND s.kind = 'access' AND u.deactivated_at IS NULL
"""


async def find_access_token(database: Database, digest: bytes) -> Any:
    """The access token with this hash, with its grant and its user; None if it is unknown or the user deactivated."""
    rows = await database.direct.fetch(_ACCESS, {"hash": digest}, prepare=True)
    return rows[0] if rows else None


async def delete_access_tokens(session: AsyncSession, grant_id: UUID) -> None:
    """Delete the access tokens of a grant."""
    live = (OAuthSecret.grant_id == grant_id) & (OAuthSecret.kind == "access")
    await session.execute(delete(OAuthSecret).where(live))


async def set_last_used(session: AsyncSession, grant_id: UUID, at: datetime) -> None:
    await session.execute(update(OAuthGrant).where(OAuthGrant.id == grant_id).values(last_used_at=at))


async def list_grants(session: AsyncSession, user_id: UUID, limit: int) -> Sequence[Row[OAuthGrant, OAuthClient]]:
    """The grants of a user that are not revoked with their clients, newest first."""
    query = (
        select(OAuthGrant, OAuthClient)
        .join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)
        .where(OAuthGrant.user_id == user_id, OAuthGrant.revoked_at.is_(None))
        .order_by(OAuthGrant.created_at.desc())
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def set_fetched_at(session: AsyncSession, client_id: str, at: datetime) -> None:
    """Set when the client's metadata document was fetched."""
    await session.execute(update(OAuthClient).where(OAuthClient.id == client_id).values(fetched_at=at))


async def lock_registrations(session: AsyncSession) -> None:
    """Wait for other registrations of clients, and hold off later ones until the end of the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(_REGISTERING)))


async def count_new_clients(session: AsyncSession, kind: str, peer: str | None = None) -> int:
    """Counts the clients of the kind that were registered in the last hour from this peer (None: from all)."""
    recent = OAuthClient.created_at > func.clock_timestamp() - timedelta(hours=1)
    query = select(func.count()).where(OAuthClient.kind == kind, recent)
    return await session.scalar(query if peer is None else query.where(OAuthClient.registered_from == peer)) or 0
