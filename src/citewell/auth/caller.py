"""Who is calling: the one place where a request's credentials become a user."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from citewell.auth.tokens import digest
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.time import now
from citewell.models import Token, User

_MAX_HEADER = 4096


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
    query = (
        select(Token.revoked_at, Token.expires_at, User.id, User.email, User.is_superuser)
        .join(User, User.id == Token.user_id)
        .where(Token.hash == digest(token))
    )
    async with database.alone.connect() as connection:
        row = (await connection.execute(query)).one_or_none()
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
