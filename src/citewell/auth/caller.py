"""Who is calling: the one place where a request's credentials become a user."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from citewell.auth.tokens import digest
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.time import now

_MAX_HEADER = 4096
# Part of every request, so it asks for all that the first look needs: the user, and their standing in the project that
# the address names.
_LOOK_UP = """
    SELECT t.revoked_at, t.expires_at, u.id, u.email, u.is_superuser, p.id AS project_id, g.permissions
    FROM tokens t
    JOIN users u ON u.id = t.user_id
    LEFT JOIN projects p ON p.id = %(project)s::uuid AND p.deleted_at IS NULL
    LEFT JOIN project_permissions g ON g.project_id = p.id AND g.user_id = u.id
    WHERE t.hash = %(hash)s
"""


@dataclass(frozen=True)
class Caller:
    """A user: the one whose credentials a request carries, or the one as whom it acts."""

    user_id: UUID
    email: str
    is_superuser: bool


@dataclass(frozen=True)
class Standing:
    """What a user has in the project of an address. `permissions` is None without access."""

    project_id: UUID
    exists: bool
    permissions: Sequence[str] | None


async def resolve_caller(
    database: Database, authorization: str | None, project_id: UUID | None = None
) -> tuple[Caller, Standing | None]:
    """The caller whom an Authorization header names, `Bearer <token>` or `Token <token>`, and their standing there.

    Raises NotAuthenticated with the reason: missing, malformed, unknown, revoked or expired.
    """
    return await caller_of_token(database, _token_in(authorization), project_id)


async def caller_of_token(
    database: Database, token: str, project_id: UUID | None = None
) -> tuple[Caller, Standing | None]:
    found = await database.direct.fetch(_LOOK_UP, {"hash": digest(token), "project": project_id}, prepare=True)
    if not found:
        raise NotAuthenticated("The token is not valid: check that it was copied whole.")
    [row] = found
    if row.revoked_at is not None:
        raise NotAuthenticated("The token has been revoked: ask for a new one.")
    if row.expires_at is not None and row.expires_at <= now():
        raise NotAuthenticated("The token has expired: ask for a new one.")
    standing = Standing(project_id, row.project_id is not None, row.permissions) if project_id is not None else None
    return Caller(row.id, row.email, row.is_superuser), standing


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
