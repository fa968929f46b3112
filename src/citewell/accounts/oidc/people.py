"""Turns what an identity provider says of a person into a user, with the permissions that their groups grant."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.accounts import repository
from citewell.accounts.oidc.provider import Provider
from citewell.accounts.sign_in import Browser, NewSession, start_verified
from citewell.audit.log import entry
from citewell.auth.caller import check_active
from citewell.errors import Forbidden
from citewell.kit.time import now
from citewell.models import ProviderSession, User, UserIdentity
from citewell.settings import OidcProvider
from citewell.users.groups import apply_groups
from citewell.users.invites import honour_invites
from citewell.users.repository.users import find_user
from citewell.users.service import ensure_user, normalised


async def start_for(
    session: AsyncSession,
    provider: Provider,
    claims: dict[str, Any],
    browser: Browser,
    refresh_token: bytes | None = None,
) -> NewSession:
    """Start a session for the person whom the claims name.

    With the sealed refresh token, the session lasts as long as the provider renews it. Raises Forbidden for a person
    who may not sign in here.
    """
    settings = provider.settings
    user = await _user_of(session, settings, claims)
    check_active(user.deactivated_at)
    await honour_invites(session, user)
    wanted = _wanted_permissions(settings, claims.get(settings.groups_claim))
    await apply_groups(session, provider.key, user.id, wanted)
    started = await start_verified(
        session, user, "login_oidc", browser, lifetime=timedelta(hours=settings.session_hours)
    )
    sid = claims.get("sid")
    session.add(
        ProviderSession(
            session_id=started.session_id,
            issuer=settings.issuer,
            subject=str(claims["sub"]),
            sid=str(sid) if sid else None,
            provider=provider.key,
            **_renewal(settings, refresh_token),
        )
    )
    return started


def _renewal(settings: OidcProvider, refresh_token: bytes | None) -> dict[str, Any]:
    """Returns what a session stores for its renewal; nothing if it is not renewed."""
    if refresh_token is None or not settings.check_minutes:
        return {}
    return {"refresh_token": refresh_token, "check_at": now() + timedelta(minutes=settings.check_minutes)}


async def end_sessions(session: AsyncSession, issuer: str, subject: str | None, sid: str | None) -> int:
    """End the sessions that began with this subject and session id at the provider; returns their number."""
    ids = await repository.revoke_provider_sessions(session, issuer, subject, sid)
    for session_id in ids:
        session.add(entry(None, "logout_oidc", "session", session_id))
    return len(ids)


async def _user_of(session: AsyncSession, settings: OidcProvider, claims: dict[str, Any]) -> User:
    """Returns the subject's user; the first time, the one with their address, which the provider must have verified."""
    key = (settings.issuer, str(claims["sub"]))
    known = await session.get(UserIdentity, key)
    if known is not None:
        return await session.get_one(User, known.user_id)
    address = claims.get("email")
    if not isinstance(address, str) or not address:
        raise Forbidden(f"{settings.name} did not send your address: allow the scope email for this client there.")
    if claims.get("email_verified") is not True and not settings.trusts_addresses:
        raise Forbidden(f"{settings.name} has not verified your address: verify it there, and sign in again.")
    email = normalised(address)
    if settings.email_domains and email.rpartition("@")[2] not in settings.email_domains:
        raise Forbidden(f"Addresses of {email.rpartition('@')[2]} may not sign in with {settings.name}.")
    user = await find_user(session, email)
    if user is None:
        if not settings.creates_users:
            raise Forbidden("You have no account here: ask an admin to invite you.")
        user = await ensure_user(session, email)
        session.add(entry(None, "user_created", "user", user.id, email=email, by=settings.name))
    await repository.insert_identity(session, *key, user.id)
    return user


def _wanted_permissions(settings: OidcProvider, groups: Any) -> dict[UUID, set[str]]:
    """Permissions by project."""
    named: Iterable[Any] = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    found: dict[UUID, set[str]] = {}
    for group in named:
        for project_id, permissions in settings.groups.get(str(group), {}).items():
            found.setdefault(project_id, set()).update(permissions)
    return found
