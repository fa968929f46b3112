"""Signing in, accepting an invitation, and changing a password.

No transaction is open while a password is hashed.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.actions import Action
from citewell.audit.log import entry
from citewell.auth import sessions, throttle
from citewell.auth.caller import Caller, check_active
from citewell.auth.passwords import check_new_password
from citewell.auth.repository import revoke_session, revoke_sessions
from citewell.errors import BadRequest, Forbidden, InvalidFields, NotAuthenticated
from citewell.models import Invite, User
from citewell.resources import Resources
from citewell.users.invites import honour_invites
from citewell.users.repository.invites import find_pending_invite
from citewell.users.repository.users import find_user
from citewell.users.service import ensure_user

_PROVIDER_ONLY = "Sign in with your company's identity provider: passwords are switched off here."
_WRONG = "The address or the password is wrong."


@dataclass(frozen=True)
class Browser:
    """The origin of a request: the network peer, and the device mark of an earlier sign-in."""

    peer: str
    device: str | None = None


@dataclass(frozen=True)
class NewSession:
    """A new session. `secret` and `device` go into cookies and nowhere else."""

    user: User
    session_id: UUID
    secret: str
    device: str


async def sign_in(resources: Resources, email: str, password: str, browser: Browser) -> NewSession:
    """Check address and password, and start a session.

    Raises NotAuthenticated, the same for an unknown address and a wrong password; TooManyRequests after many failures;
    Forbidden where only the identity provider may be used.
    """
    email = email.strip().lower()
    async with resources.database.read() as session:
        user = await find_user(session, email)
    await _check_password(resources, user, email, password, browser, "login_failed", NotAuthenticated(_WRONG))
    assert user is not None
    if resources.settings.password_sign_in == "superusers" and not user.is_superuser:  # noqa: S105
        raise Forbidden(_PROVIDER_ONLY)
    verified = user.password_hash
    assert verified is not None
    fresh = await resources.passwords.hash(password) if resources.passwords.is_outdated(verified) else verified
    async with resources.database.write() as session:
        user = await session.get_one(User, user.id, with_for_update=True)
        # the password changed meanwhile, which ends all sessions: do not start one now
        if user.password_hash != verified:
            raise NotAuthenticated(_WRONG)
        user.password_hash = fresh
        await honour_invites(session, user)
        return await start_verified(session, user, "login", browser)


async def register(resources: Resources, invite: str, password: str, browser: Browser) -> NewSession:
    """Set the password of an invitation's user and start a session; the user is made if there is none.

    Raises InvalidFields for an invitation that is not valid, BadRequest if the address has an account already.
    """
    if resources.settings.password_sign_in == "superusers":  # noqa: S105
        raise Forbidden(_PROVIDER_ONLY)
    secret_hash = hashlib.sha256(invite.encode()).digest()
    async with resources.database.read() as session:
        found = await _pending(session, secret_hash)
    check_new_password(password, found.email, "password")
    stored = await resources.passwords.hash(password)
    async with resources.database.write() as session:
        found = await _pending(session, secret_hash, lock=True)
        user = await ensure_user(session, found.email)
        if user.password_hash is not None:
            raise BadRequest("There is an account with this address already: sign in, and the invitation takes effect.")
        user.password_hash = stored
        await honour_invites(session, user)
        return await start_verified(session, user, "user_registered", browser)


async def change_password(
    resources: Resources, caller: Caller, current: str, new: str, browser: Browser, keep: UUID | None
) -> str:
    """Change the caller's password and end their sessions except `keep`; returns the browser's new device mark.

    Raises InvalidFields.
    """
    async with resources.database.read() as session:
        user = await session.get_one(User, caller.user_id)
    wrong = InvalidFields({"current_password": ["This is not your password."]})
    await _check_password(resources, user, user.email, current, browser, "password_change_failed", wrong)
    check_new_password(new, user.email, "new_password")
    stored = await resources.passwords.hash(new)
    async with resources.database.write() as session:
        user = await session.get_one(User, caller.user_id, with_for_update=True)
        await store_password(session, user, stored, caller, keep=keep, peer=throttle.network_of(browser.peer))
    return sessions.device_mark(user)


async def store_password(
    session: AsyncSession, user: User, stored: str, actor: Caller | None, *, keep: UUID | None = None, peer: str = ""
) -> None:
    """Store a password hash, end the user's sessions except `keep`, and forget their failed sign-ins."""
    user.password_hash = stored
    await revoke_sessions(session, user.id, keep=keep)
    await throttle.forget(session, user.email)
    session.add(entry(actor, "password_changed", "user", user.id, email=user.email, peer=peer))


async def sign_out(session: AsyncSession, caller: Caller, session_id: UUID) -> None:
    """End the sign-in session `session_id`; the audit log gets an entry."""
    await revoke_session(session, session_id)
    session.add(entry(caller, "logout", "session", session_id))


async def _check_password(
    resources: Resources,
    user: User | None,
    email: str,
    password: str,
    browser: Browser,
    failure: Action,
    wrong: NotAuthenticated | InvalidFields,
) -> None:
    """Raises `wrong`, with an entry named `failure`, or TooManyRequests before the password is looked at."""
    names = throttle.subjects(email, browser.peer, sessions.known_device(browser.device, user))
    async with resources.database.write() as session:
        await throttle.count_attempt(session, names)
    right = await resources.passwords.matches(user.password_hash if user else None, password)
    async with resources.database.write() as session:
        if right:
            await throttle.take_back(session, names)
        else:
            # An unknown address is not kept: it may be a password in the wrong field.
            peer, known = throttle.network_of(browser.peer), user.email if user else ""
            session.add(entry(None, failure, "user", user.id if user else "", peer=peer, email=known))
    if not right:
        raise wrong


async def start_verified(
    session: AsyncSession, user: User, action: Action, browser: Browser, *, lifetime: timedelta = sessions.LIFETIME
) -> NewSession:
    """Start a session for a user who has proven who they are, with an entry in the audit log.

    Raises NotAuthenticated for a deactivated account.
    """
    check_active(user.deactivated_at)
    row, secret = await sessions.start_session(session, user, lifetime)
    caller = Caller(user.id, user.email, user.is_superuser)
    session.add(entry(caller, action, "session", row.id, peer=throttle.network_of(browser.peer)))
    return NewSession(user, row.id, secret, sessions.device_mark(user))


async def _pending(session: AsyncSession, secret_hash: bytes, *, lock: bool = False) -> Invite:
    found = await find_pending_invite(session, secret_hash, lock=lock)
    if found is None:
        raise InvalidFields({"invite": ["This invitation is not valid or has expired: ask for a new one."]})
    return found
