"""Ends sessions when the identity provider does: refresh tokens are tried from time to time, and one that is refused
ends its session.

A provider that does not answer ends nothing. `session_hours` bounds each session in any case.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.accounts.oidc.provider import Provider
from citewell.audit.log import entry
from citewell.errors import SetupError, Unavailable
from citewell.kit.time import now
from citewell.models import ProviderSession, UserSession
from citewell.resources import Resources

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 30.0
# Taken for two minutes, so that no transaction waits for the provider and no two servers use one token. One takes up to
# 20 s where the provider is slow, so few are taken.
_AT_ONCE = 5
_TAKE = text(
    """
    UPDATE provider_sessions SET check_at = clock_timestamp() + interval '2 minutes'
    WHERE session_id IN (
        SELECT p.session_id FROM provider_sessions p JOIN user_sessions s ON s.id = p.session_id
        WHERE p.check_at < clock_timestamp() AND p.provider = ANY(:providers)
            AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
        ORDER BY p.check_at LIMIT :most FOR UPDATE OF p SKIP LOCKED
    )
    RETURNING session_id, provider, refresh_token
    """
)


class Renewal:
    """Renews the sessions of these providers, by their keys in the settings."""

    def __init__(self, resources: Resources, providers: Mapping[str, Provider]) -> None:
        self._resources = resources
        self._providers = providers

    async def run(self) -> None:
        """Renew sessions until cancelled."""
        while True:
            try:
                while await self.renew_due() == _AT_ONCE:
                    pass
            except (SQLAlchemyError, OSError) as error:
                log.warning("renewal_postponed", reason=str(error).split("\n", 1)[0])
            await asyncio.sleep(_LOOK_SECONDS)

    async def renew_due(self) -> int:
        """Renew the sessions that are due, or end them; returns how many were tried."""
        parameters = {"providers": list(self._providers), "most": _AT_ONCE}
        async with self._resources.database.write() as session:
            rows = (await session.execute(_TAKE, parameters)).all()
        for row in rows:
            try:
                await self._renew(row)
            except (Unavailable, SetupError) as error:
                log.warning("session_not_renewed", provider=row.provider, reason=error.message)
        return len(rows)

    async def _renew(self, row: Any) -> None:
        provider, vault = self._providers[row.provider], self._resources.vault
        token = await provider.renewed(vault.open(bytes(row.refresh_token)))
        later = now() + timedelta(minutes=provider.settings.check_minutes or 15)
        async with self._resources.database.write() as session:
            if token is not None:
                await _replace_token(session, row, vault.seal(token), later)
            elif await _replace_token(session, row, None, None):
                await _end(session, row.session_id, provider.settings.name)


async def _replace_token(session: AsyncSession, row: Any, token: bytes | None, check_at: datetime | None) -> bool:
    """False where another server has replaced the token that was read: the answer about the old one is void."""
    mine = (ProviderSession.session_id == row.session_id) & (ProviderSession.refresh_token == bytes(row.refresh_token))
    statement = update(ProviderSession).where(mine).values(refresh_token=token, check_at=check_at)
    return (await session.scalars(statement.returning(ProviderSession.session_id))).first() is not None


async def _end(session: AsyncSession, session_id: UUID, name: str) -> None:
    mine = (UserSession.id == session_id) & UserSession.revoked_at.is_(None)
    await session.execute(update(UserSession).where(mine).values(revoked_at=now()))
    session.add(entry(None, "logout_oidc", "session", session_id, by=name))
