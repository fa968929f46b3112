"""Codes and tokens: each is used once or until it expires, and one that is used twice ends the whole grant."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry
from citewell.auth.caller import Caller
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated, NotFound
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.mcp.oauth import repository
from citewell.mcp.oauth.errors import OAuthError
from citewell.models import OAuthGrant, OAuthSecret

ACCESS_PREFIX, REFRESH_PREFIX, CODE_PREFIX = "cwa_", "cwr_", "cwo_"
_LIFETIMES = {"code": timedelta(minutes=5), "access": timedelta(hours=1), "refresh": timedelta(days=30)}
_PREFIXES = {"code": CODE_PREFIX, "access": ACCESS_PREFIX, "refresh": REFRESH_PREFIX}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class Wanted:
    """The content of an authorization request, checked."""

    client_id: str
    redirect_uri: str
    scopes: Sequence[str]
    resource: str
    challenge: str
    state: str | None


@dataclass(frozen=True)
class Granted:
    """Whose token it is, and what it may reach. `projects` is None for all that the user may see."""

    caller: Caller
    grant_id: UUID
    projects: frozenset[UUID] | None
    scopes: frozenset[str] = frozenset()


class UsedTwice(OAuthError):
    """A code or refresh token came a second time: whoever reports it ends the grant in a transaction of its own."""

    def __init__(self, grant_id: UUID, name: str) -> None:
        super().__init__("invalid_grant", f"This {name} was used already, so its grant has ended.")
        self.grant_id = grant_id


def check_challenge(challenge: str | None, method: str | None) -> str:
    """Raises OAuthError (invalid_request) for anything but PKCE with S256."""
    if method != "S256" or not challenge or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "PKCE is required: code_challenge with code_challenge_method=S256.")
    return challenge


async def grant(session: AsyncSession, caller: Caller, wanted: Wanted, projects: Sequence[UUID] | None) -> str:
    """Keep what the user consented to; returns the code, the only time that it can be read."""
    row = OAuthGrant(
        id=new_id(),
        client_id=wanted.client_id,
        user_id=caller.user_id,
        scopes=list(wanted.scopes),
        resource=wanted.resource,
        projects=list(projects) if projects is not None else None,
    )
    session.add(row)
    session.add(entry(caller, "client_authorized", "oauth_client", wanted.client_id))
    await session.flush()
    return await _issue(session, row.id, "code", redirect_uri=wanted.redirect_uri, challenge=wanted.challenge)


async def exchange_code(
    session: AsyncSession, client_id: str, code: str, redirect_uri: str | None, verifier: str, resource: str | None
) -> dict[str, Any]:
    """The tokens for a code. Raises OAuthError (invalid_grant).

    OAuth 2.1 has no redirect_uri here, because PKCE ties the code to its client: one that comes must be the right one.
    """
    secret, row = await _take(session, client_id, code, "code")
    if redirect_uri is not None and secret.redirect_uri != redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri is not the one of the authorization request.")
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(_challenge_of(verifier), secret.challenge or ""):
        raise OAuthError("invalid_grant", "code_verifier does not fit the code_challenge.")
    return await _tokens(session, row, resource)


async def refresh(session: AsyncSession, client_id: str, token: str, resource: str | None) -> dict[str, Any]:
    """New tokens for a refresh token, which ends with that. Raises OAuthError (invalid_grant)."""
    _, row = await _take(session, client_id, token, "refresh")
    await repository.delete_access_tokens(session, row.id)
    return await _tokens(session, row, resource)


async def revoke_secret(session: AsyncSession, client_id: str, token: str) -> None:
    """End the grant of a token of this client (RFC 7009); an unknown token is no error."""
    secret = await session.get(OAuthSecret, _digest(token))
    row = await session.get(OAuthGrant, secret.grant_id) if secret is not None else None
    if row is not None and row.client_id == client_id:
        await revoke_grant(session, row)


async def disconnect(session: AsyncSession, caller: Caller, grant_id: UUID) -> None:
    """End a grant of the caller. Raises NotFound, also for another user's."""
    row = await session.get(OAuthGrant, grant_id, with_for_update=True)
    if row is None or row.user_id != caller.user_id:
        raise NotFound("There is no such connected client.")
    await revoke_grant(session, row)
    session.add(entry(caller, "client_disconnected", "oauth_client", row.client_id))


async def revoke_grant(session: AsyncSession, row: OAuthGrant) -> None:
    if row.revoked_at is None:
        row.revoked_at = now()
    await repository.delete_access_tokens(session, row.id)


async def granted_by(database: Database, token: str, resource: str) -> Granted:
    """Whose access token it is. Raises NotAuthenticated: unknown, expired, revoked, or for another server."""
    row = await repository.find_access_token(database, _digest(token))
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        raise NotAuthenticated("The access token is not valid or has expired: refresh it.")
    if row.resource != resource:
        raise NotAuthenticated(f"The access token was made for {row.resource}, not for {resource}.")
    if row.last_used_at is None or row.last_used_at < now() - timedelta(minutes=5):
        async with database.write() as session:
            await repository.set_last_used(session, row.id, now())
    projects = frozenset(row.projects) if row.projects is not None else None
    return Granted(Caller(row.user_id, row.email, row.is_superuser), row.id, projects, frozenset(row.scopes))


async def _take(session: AsyncSession, client_id: str, value: str, kind: str) -> tuple[OAuthSecret, OAuthGrant]:
    """Use up a code or a refresh token. Raises UsedTwice for a second use."""
    secret = await session.get(OAuthSecret, _digest(value), with_for_update=True)
    row = await session.get(OAuthGrant, secret.grant_id, with_for_update=True) if secret is not None else None
    if secret is None or row is None or secret.kind != kind or row.client_id != client_id:
        raise OAuthError("invalid_grant", f"This {_NAMES[kind]} is not known.")
    if secret.used_at is not None:
        raise UsedTwice(row.id, _NAMES[kind])
    if row.revoked_at is not None or secret.expires_at <= now():
        raise OAuthError("invalid_grant", f"This {_NAMES[kind]} has expired or was revoked: authorize again.")
    secret.used_at = now()
    return secret, row


_NAMES = {"code": "code", "refresh": "refresh token"}


async def _tokens(session: AsyncSession, row: OAuthGrant, resource: str | None) -> dict[str, Any]:
    if resource is not None and resource != row.resource:
        raise OAuthError("invalid_target", f"The grant is only for {row.resource}.")
    row.last_used_at = now()
    return {
        "access_token": await _issue(session, row.id, "access"),
        "token_type": "Bearer",
        "expires_in": int(_LIFETIMES["access"].total_seconds()),
        "refresh_token": await _issue(session, row.id, "refresh"),
        "scope": " ".join(row.scopes),
    }


async def _issue(session: AsyncSession, grant_id: UUID, kind: str, **more: str) -> str:
    value = _PREFIXES[kind] + secrets.token_urlsafe(32)
    expires_at = now() + _LIFETIMES[kind]
    session.add(OAuthSecret(hash=_digest(value), grant_id=grant_id, kind=kind, expires_at=expires_at, **more))
    await session.flush()
    return value


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "replace")).digest()
