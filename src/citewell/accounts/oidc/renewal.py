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
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.accounts import repository
from citewell.accounts.oidc.provider import Provider
from citewell.audit.log import entry
from citewell.auth.repository import revoke_session
from citewell.errors import SetupError, Unavailable
from citewell.kit.time import now
from citewell.resources import Resources

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 30.0
_AT_ONCE = 5  # claimed for two minutes; one takes up to 20 s if the provider is slow


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
        async with self._resources.database.write() as session:
            rows = await repository.take_due_renewals(session, list(self._providers), _AT_ONCE)
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
    former = bytes(row.refresh_token)
    return await repository.replace_refresh_token(session, row.session_id, former, token, check_at)


async def _end(session: AsyncSession, session_id: UUID, name: str) -> None:
    await revoke_session(session, session_id)
    session.add(entry(None, "logout_oidc", "session", session_id, by=name))
