"""Finds the user whose credentials a request carries. No other module reads credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from citewell.auth import repository, sessions
from citewell.auth.tokens import digest
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.time import now

_MAX_HEADER = 4096


@dataclass(frozen=True)
class Caller:
    """A user: the one whose credentials a request carries, or the one whom it impersonates."""

    user_id: UUID
    email: str
    is_superuser: bool


@dataclass(frozen=True)
class Standing:
    """A user's permissions in the project that a request's path names. `permissions` is None without access."""

    project_id: UUID
    exists: bool
    permissions: Sequence[str] | None


@dataclass(frozen=True)
class SignedIn:
    """The caller of a request. `session_id` is set if a session cookie named them, and None if a token did."""

    caller: Caller
    standing: Standing | None
    credential_id: UUID
    session_id: UUID | None = None


async def sign_in_of(
    database: Database, method: str, headers: Mapping[str, str], project_id: UUID | None = None
) -> SignedIn:
    """Returns the caller named by the headers, and their permissions in the project.

    An Authorization header (`Bearer <token>` or `Token <token>`) counts before a session cookie. Raises
    NotAuthenticated if the credentials are missing, malformed, unknown, revoked or expired. Raises Forbidden for a
    request with a cookie that changes something, if it lacks the session's CSRF token.
    """
    authorization = headers.get("authorization")
    secret = sessions.secret_in(headers.get("cookie")) if authorization is None else None
    if secret is None:
        row = await _token_row(database, _token_in(authorization), project_id)
        return SignedIn(_caller(row), _standing(row, project_id), row.credential_id)
    row = await repository.find_session(database, digest(secret), project_id)
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        raise NotAuthenticated("The session has ended: sign in again.")
    check_active(row.deactivated_at)
    sessions.check_csrf(method, headers.get(sessions.CSRF_HEADER), secret)
    return SignedIn(_caller(row), _standing(row, project_id), row.credential_id, row.credential_id)


async def caller_of_token(
    database: Database, token: str, project_id: UUID | None = None
) -> tuple[Caller, Standing | None]:
    row = await _token_row(database, token, project_id)
    return _caller(row), _standing(row, project_id)


async def _token_row(database: Database, token: str, project_id: UUID | None) -> Any:
    row = await repository.find_token(database, digest(token), project_id)
    if row is None:
        raise NotAuthenticated("The token is not valid: check that it was copied completely.")
    if row.revoked_at is not None:
        raise NotAuthenticated("The token has been revoked: ask for a new one.")
    if row.expires_at is not None and row.expires_at <= now():
        raise NotAuthenticated("The token has expired: ask for a new one.")
    check_active(row.deactivated_at)
    return row


def check_active(deactivated_at: datetime | None) -> None:
    """Raises NotAuthenticated for a deactivated account."""
    if deactivated_at is not None:
        raise NotAuthenticated("This account was deactivated: ask your organisation to provision it again.")


def _caller(row: Any) -> Caller:
    return Caller(row.id, row.email, row.is_superuser)


def _standing(row: Any, project_id: UUID | None) -> Standing | None:
    return Standing(project_id, row.project_id is not None, row.permissions) if project_id is not None else None


def _token_in(authorization: str | None) -> str:
    if not authorization:
        raise NotAuthenticated
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() not in ("bearer", "token") or not token or len(token) > _MAX_HEADER or " " in token:
        raise NotAuthenticated(
            'The Authorization header is malformed: send "Authorization: Bearer <token>" or "Token <token>".'
        )
    return token
