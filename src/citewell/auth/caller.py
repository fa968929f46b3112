"""Who is calling: the one place where a request's credentials become a user."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from citewell.auth.tokens import digest
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.time import now

_MAX_HEADER = 4096
# Part of every request: as text it costs a third of what it costs to put it together.
_BY_TOKEN = text(
    "SELECT t.revoked_at, t.expires_at, u.id, u.email, u.is_superuser"
    " FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = :hash"
)


@dataclass(frozen=True)
class Caller:
    """The user whose token the request carries."""

    user_id: UUID
    email: str
    is_superuser: bool


async def resolve_caller(database: Database, authorization: str | None) -> Caller:
    """The caller named by an Authorization header: `Bearer <token>` or `Token <token>`.

    Raises NotAuthenticated with the reason: missing, malformed, unknown, revoked or expired.
    """
    return await caller_of_token(database, _token_in(authorization))


async def caller_of_token(database: Database, token: str) -> Caller:
    async with database.alone.connect() as connection:
        row = (await connection.execute(_BY_TOKEN, {"hash": digest(token)})).one_or_none()
    if row is None:
        raise NotAuthenticated("The token is not valid: check that it was copied whole.")
    if row.revoked_at is not None:
        raise NotAuthenticated("The token has been revoked: ask for a new one.")
    if row.expires_at is not None and row.expires_at <= now():
        raise NotAuthenticated("The token has expired: ask for a new one.")
    return Caller(row.id, row.email, row.is_superuser)


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
