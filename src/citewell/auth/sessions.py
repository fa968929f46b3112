"""Sessions of browsers: a cookie with 32 random bytes, stored as SHA-256, valid for 14 days from signing in.

Use does not extend a session. So requests never write to it, and a stolen cookie expires. The sign-in by password and
by identity provider call `start_session` when the user is authenticated.
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
_DEVICE_LIFETIME = timedelta(days=400)  # the longest that browsers keep a cookie
_DEVICE_PATH = "/api/v1/auth/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_COOKIE = 16_384


async def start_session(session: AsyncSession, user: User, lifetime: timedelta = LIFETIME) -> tuple[UserSession, str]:
    """Starts a session; returns it and the secret for its cookie. Deletes the user's ended sessions."""
    await repository.delete_ended_sessions(session, user.id)
    secret = secrets.token_urlsafe(32)
    row = UserSession(id=new_id(), user_id=user.id, hash=digest(secret), expires_at=now() + lifetime)
    session.add(row)
    await session.flush()
    return row, secret


def secret_in(cookies: str | None) -> str | None:
    """Returns the secret of the session in a Cookie header; None if there is none."""
    if not cookies or COOKIE not in cookies or len(cookies) > _LONGEST_COOKIE:
        return None
    return cookie_parser(cookies).get(COOKIE) or None


def csrf_token(secret: str) -> str:
    """Returns the token that our own pages send and other sites cannot know.

    It is derived from the secret, so never stored.
    """
    return _mac(secret, "csrf")


def check_csrf(method: str, given: str | None, secret: str) -> None:
    """Raises Forbidden if the method changes something and `given` is not the session's CSRF token."""
    if method in _SAFE:
        return
    if not given or not hmac.compare_digest(given.encode(), csrf_token(secret).encode()):
        raise Forbidden(
            "With a session, requests that change something need the header X-CSRF-Token: send the csrf_token of"
            " GET /api/v1/auth/session/."
        )


def device_mark(user: User) -> str:
    """Makes the cookie value that marks a browser in which the user has signed in. A new password invalidates it."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_mac(user.password_hash or '', f'{user.id} {nonce}')}"


def known_device(mark: str | None, user: User | None) -> str | None:
    """Returns the id of the browser with this mark; None if the mark is not valid for this user."""
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
