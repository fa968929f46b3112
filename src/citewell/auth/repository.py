"""SQL of authentication: credentials, permissions, sessions, rate limits and failed sign-ins."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.db.engine import Database
from citewell.kit.time import now
from citewell.models import LoginFailures, UserSession

# Part of every request. So one statement reads both the user and their permissions in the project of the path.
_CREDENTIALS = """
    SELECT c.id AS credential_id, c.revoked_at, c.expires_at, u.id, u.email, u.is_superuser, u.deactivated_at,
        p.id AS project_id, g.permissions
    FROM credentials c
    JOIN users u ON u.id = c.user_id
    LEFT JOIN projects p ON p.id = %(project)s::uuid AND p.deleted_at IS NULL
    LEFT JOIN project_permissions g ON g.project_id = p.id AND g.user_id = u.id
    WHERE c.hash = %(hash)s
"""
_TOKEN = _CREDENTIALS.replace("credentials", "tokens")
_SESSION = _CREDENTIALS.replace("credentials", "user_sessions")
_STANDING = text(
    "SELECT p.id, g.permissions FROM projects p"
    " LEFT JOIN project_permissions g ON g.project_id = p.id AND g.user_id = :user"
    " WHERE p.id = :project AND p.deleted_at IS NULL"
)
_USER_WITH_ACCESS = text(
    "SELECT u.id, u.email, u.is_superuser, g.permissions FROM users u"
    " LEFT JOIN project_permissions g ON g.project_id = :project AND g.user_id = u.id"
    " WHERE u.email = :email AND (g.id IS NOT NULL OR u.is_superuser)"
)
# A bucket is stored as the time at which it will be full, by the database's clock. Rows are written in the order of
# keys, so that servers do not deadlock. `full_at` is never later than that of an empty bucket.
_USE_BUCKETS = text("""
    INSERT INTO rate_limits AS shared (key, full_at)
    SELECT key, now() + make_interval(secs => seconds)
    FROM unnest(CAST(:keys AS uuid[]), CAST(:seconds AS float8[])) AS used (key, seconds) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET full_at = least(
        greatest(shared.full_at, now()) + (excluded.full_at - now()), now() + make_interval(secs => :longest))
    RETURNING key, CAST(extract(epoch FROM full_at - now()) AS float8)
""")
_FORGET_BUCKETS = text("DELETE FROM rate_limits WHERE full_at < now() - interval '1 minute'")


_READERS = """
    SELECT w.n, a.is_superuser AS acting_is_superuser, ag.permissions AS acting_permissions,
        c.is_superuser AS caller_is_superuser, cg.permissions AS caller_permissions,
        k.id, k.created_by, k.is_shared, k.archived_at
    FROM unnest(%(n)s::int[], %(credential)s::uuid[], %(caller)s::uuid[], %(acting)s::uuid[], %(project)s::uuid[],
        %(conversation)s::uuid[]) AS w(n, credential, caller, acting, project, conversation)
    JOIN users c ON c.id = w.caller AND c.deactivated_at IS NULL
    JOIN users a ON a.id = w.acting AND a.deactivated_at IS NULL
    JOIN projects p ON p.id = w.project AND p.deleted_at IS NULL
    LEFT JOIN project_permissions cg ON cg.project_id = w.project AND cg.user_id = w.caller
    LEFT JOIN project_permissions ag ON ag.project_id = w.project AND ag.user_id = w.acting
    LEFT JOIN conversations k ON k.project_id = w.project AND k.id = w.conversation
    WHERE EXISTS (SELECT FROM tokens t WHERE t.id = w.credential AND t.revoked_at IS NULL
            AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()))
        OR EXISTS (SELECT FROM user_sessions s WHERE s.id = w.credential AND s.revoked_at IS NULL
            AND s.expires_at > clock_timestamp())
"""


async def find_token(database: Database, hashed: bytes, project_id: UUID | None) -> Any:
    """Returns the token with this hash, its user and their permissions in the project, as a row; None if there is none.

    `credential_id`, `revoked_at` and `expires_at` are the token's; `id`, `email`, `is_superuser` and `deactivated_at`
    the user's. `project_id` is None if there is no such project, `permissions` None without access.
    """
    return await _find_credential(database, _TOKEN, hashed, project_id)


async def find_session(database: Database, hashed: bytes, project_id: UUID | None) -> Any:
    """Like `find_token`, for the session of a browser."""
    return await _find_credential(database, _SESSION, hashed, project_id)


async def _find_credential(database: Database, statement: str, hashed: bytes, project_id: UUID | None) -> Any:
    found = await database.fetch_account(statement, {"hash": hashed, "project": project_id})
    return found[0] if found else None


async def find_standing(session: AsyncSession, project_id: UUID, user_id: UUID) -> Any:
    """Returns a row with the project's `id` and the user's `permissions` in it, which are None without access.

    Returns None if the project does not exist.
    """
    return (await session.execute(_STANDING, {"project": project_id, "user": user_id})).one_or_none()


async def find_user_with_access(session: AsyncSession, project_id: UUID, email: str) -> Any:
    """Returns `id`, `email`, `is_superuser` and `permissions` of the user with this address, as a row.

    Returns None unless the user is a member of the project or a superuser.
    """
    return (await session.execute(_USER_WITH_ACCESS, {"project": project_id, "email": email})).one_or_none()


async def delete_ended_sessions(session: AsyncSession, user_id: UUID) -> None:
    """Delete the sessions of the user that have expired or were revoked."""
    ended = (UserSession.expires_at < now()) | UserSession.revoked_at.is_not(None)
    await session.execute(delete(UserSession).where(UserSession.user_id == user_id, ended))


async def revoke_sessions(session: AsyncSession, user_id: UUID, keep: UUID | None = None) -> None:
    """Revokes all sessions of the user except `keep`."""
    theirs = (UserSession.user_id == user_id) & UserSession.revoked_at.is_(None)
    if keep is not None:
        theirs &= UserSession.id != keep
    await session.execute(update(UserSession).where(theirs).values(revoked_at=now()))


async def revoke_session(session: AsyncSession, session_id: UUID) -> None:
    mine = (UserSession.id == session_id) & UserSession.revoked_at.is_(None)
    await session.execute(update(UserSession).where(mine).values(revoked_at=now()))


async def use_buckets(
    connection: AsyncConnection, keys: Sequence[UUID], seconds: Sequence[float], longest: float
) -> Sequence[tuple[UUID, float]]:
    """Postpones the time at which each bucket is full by `seconds`, to at most `longest` seconds from now.

    Returns (key, seconds until it is full) of each bucket.
    """
    parameters = {"keys": keys, "seconds": seconds, "longest": longest}
    return [(key, left) for key, left in await connection.execute(_USE_BUCKETS, parameters)]


async def delete_full_buckets(connection: AsyncConnection) -> None:
    """Delete the buckets that have been full for a minute."""
    await connection.execute(_FORGET_BUCKETS)


async def lock_failures(session: AsyncSession, subjects: Iterable[str]) -> list[LoginFailures]:
    """Returns the rows of these subjects, and creates missing ones.

    They are locked in a fixed order, against deadlocks.
    """
    values = [{"subject": name, "failures": 0, "last_at": func.clock_timestamp()} for name in sorted(subjects)]
    statement = insert(LoginFailures).values(values)
    same = statement.on_conflict_do_update(
        index_elements=[LoginFailures.subject], set_={"subject": statement.excluded.subject}
    )
    options = {"populate_existing": True}
    return list(await session.scalars(same.returning(LoginFailures), execution_options=options))


async def delete_failures_before(session: AsyncSession, moment: datetime) -> None:
    await session.execute(delete(LoginFailures).where(LoginFailures.last_at < moment))


async def delete_failures(session: AsyncSession, subject: str) -> None:
    await session.execute(delete(LoginFailures).where(LoginFailures.subject == subject))


async def list_readers(database: Database, parameters: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    """Returns the rights of callers and of those as whom they act, and the conversation that each reads.

    `parameters` has lists of the same length: `n` numbers the readers, `credential` is the token or the session of
    each, `caller`, `acting`, `project` and `conversation` (None for none) are ids. A reader whose credential, user or
    project is gone has no row.
    """
    return await database.direct.fetch(_READERS, parameters)
