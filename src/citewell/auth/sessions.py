"""Signed-in browsers: a cookie with 32 random bytes, stored as their SHA-256, good for 14 days from signing in.

The end is fixed: a session that is read on every request is never written, and a stolen cookie ends. Passwords and
identity providers call `start_session` once they have shown that a browser belongs to a user.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import cookie_parser

from citewell.auth import repository
from citewell.auth.tokens import digest
from citewell.errors import Forbidden
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import User, UserSession
from citewell.settings import Settings

COOKIE = "citewell_session"
DEVICE_COOKIE = "citewell_device"
CSRF_HEADER = "x-csrf-token"
LIFETIME = timedelta(days=14)
_DEVICE_LIFETIME = timedelta(days=400)  # what browsers keep at most
_DEVICE_PATH = "/api/v1/auth/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_COOKIE = 16_384


async def start_session(session: AsyncSession, user: User, lifetime: timedelta = LIFETIME) -> tuple[UserSession, str]:
    """A new session and the secret for its cookie. Sessions of the user that have ended are forgotten."""
    await repository.delete_ended_sessions(session, user.id)
    secret = secrets.token_urlsafe(32)
    row = UserSession(id=new_id(), user_id=user.id, hash=digest(secret), expires_at=now() + lifetime)
    session.add(row)
    await session.flush()
    return row, secret


def secret_in(cookies: str | None) -> str | None:
    """The secret of the session in a Cookie header."""
    if not cookies or COOKIE not in cookies or len(cookies) > _LONGEST_COOKIE:
        return None
    return cookie_parser(cookies).get(COOKIE) or None


def csrf_token(secret: str) -> str:
    """Returns the token that our own pages send and other sites cannot know.

    It is derived from the secret, so never stored.
    """
    return _mac(secret, "csrf")


def check_csrf(method: str, given: str | None, secret: str) -> None:
    """Raises Forbidden for a request that changes something without the session's token."""
    if method in _SAFE:
        return
    if not given or not hmac.compare_digest(given.encode(), csrf_token(secret).encode()):
        raise Forbidden(
            "With a session, requests that change something need the header X-CSRF-Token: send the csrf_token of"
            " GET /api/v1/auth/session/."
        )


def device_mark(user: User) -> str:
    """A mark for a browser in which the user has signed in. It ends with their password."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_mac(user.password_hash or '', f'{user.id} {nonce}')}"


def known_device(mark: str | None, user: User | None) -> str | None:
    """The name of the browser that bears the mark, if it is one of this user's."""
    if not mark or user is None or user.password_hash is None:
        return None
    nonce, _, mac = mark.partition(".")
    expected = _mac(user.password_hash, f"{user.id} {nonce}")
    return nonce if hmac.compare_digest(mac.encode(), expected.encode()) else None


def set_cookies(response: Response, request: Request, settings: Settings, secret: str, device: str) -> None:
    secure = request.url.scheme == "https" or (settings.public_url or "").startswith("https:")
    for name, value, path, lifetime in (
        (COOKIE, secret, "/", LIFETIME),
        (DEVICE_COOKIE, device, _DEVICE_PATH, _DEVICE_LIFETIME),
    ):
        age = int(lifetime.total_seconds())
        response.set_cookie(name, value, max_age=age, path=path, secure=secure, httponly=True, samesite="lax")


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def _mac(key: str, message: str) -> str:
    made = hmac.digest(key.encode(), message.encode("utf-8", "replace"), hashlib.sha256)
    return urlsafe_b64encode(made).decode().rstrip("=")
