"""SQL of signing in: sessions of identity providers, links for the first password, and API tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.kit.time import now
from citewell.models import ProviderSession, SetupLink, Token, User, UserIdentity, UserSession

# Claimed for two minutes: no transaction waits for the provider, and no two servers use the same token.
_TAKE_RENEWALS = text(
    """
    UPDATE provider_sessions SET check_at = clock_timestamp() + interval '2 minutes'
    WHERE session_id IN (
        SELECT p.session_id FROM provider_sessions p JOIN user_sessions s ON s.id = p.session_id
        WHERE p.check_at < clock_timestamp() AND p.provider = ANY(:providers)
            AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
        ORDER BY p.check_at LIMIT :most FOR UPDATE OF p SKIP LOCKED
    )
    RETURNING session_id, provider, refresh_token
    """
)


async def insert_identity(session: AsyncSession, issuer: str, subject: str, user_id: UUID) -> None:
    """Tie the subject of an identity provider to a user; one that is tied already stays as it is."""
    statement = insert(UserIdentity).values(issuer=issuer, subject=subject, user_id=user_id)
    await session.execute(statement.on_conflict_do_nothing())


async def revoke_provider_sessions(
    session: AsyncSession, issuer: str, subject: str | None, sid: str | None
) -> list[UUID]:
    """Revoke the sessions that began with this subject and session id at the provider, where given; returns their
    ids."""
    query = select(ProviderSession.session_id).where(ProviderSession.issuer == issuer)
    if subject is not None:
        query = query.where(ProviderSession.subject == subject)
    if sid is not None:
        query = query.where(ProviderSession.sid == sid)
    theirs = UserSession.id.in_(query) & UserSession.revoked_at.is_(None)
    ended = await session.scalars(update(UserSession).where(theirs).values(revoked_at=now()).returning(UserSession.id))
    return list(ended)


async def take_due_renewals(session: AsyncSession, providers: Sequence[str], most: int) -> Sequence[Any]:
    """Takes at most `most` sessions of these providers whose renewal is due, for two minutes.

    Returns `session_id`, `provider` and the sealed `refresh_token` of each.
    """
    return (await session.execute(_TAKE_RENEWALS, {"providers": providers, "most": most})).all()


async def replace_refresh_token(
    session: AsyncSession, session_id: UUID, former: bytes, token: bytes | None, check_at: datetime | None
) -> bool:
    """Replace the sealed refresh token of a session, and the time of its next renewal; False if the token is not
    `former` any more."""
    mine = (ProviderSession.session_id == session_id) & (ProviderSession.refresh_token == former)
    statement = update(ProviderSession).where(mine).values(refresh_token=token, check_at=check_at)
    return (await session.scalars(statement.returning(ProviderSession.session_id))).first() is not None


async def delete_setup_links(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(SetupLink).where(SetupLink.user_id == user_id))


async def find_user_of_setup_link(session: AsyncSession, secret_hash: bytes, *, lock: bool) -> User | None:
    """Returns the user of the link with this hash of its secret, if it has not expired and they have no password;
    locked until the transaction ends where `lock` is true.
    """
    query = (
        select(User)
        .join(SetupLink, SetupLink.user_id == User.id)
        .where(SetupLink.secret_hash == secret_hash, SetupLink.expires_at > now(), User.password_hash.is_(None))
    )
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def list_tokens(session: AsyncSession, user_id: UUID, limit: int, offset: int) -> tuple[int, list[Token]]:
    """Returns (number of a user's tokens, page of them, newest first). Revoked and expired ones are included."""
    query = select(Token).where(Token.user_id == user_id)
    return await select_page(session, query, limit, offset, Token.created_at.desc(), Token.id.desc())


async def list_tokens_with_emails(session: AsyncSession, user_id: UUID | None, limit: int) -> list[tuple[Token, str]]:
    """Returns the newest tokens of all users, or of one, each with the address of its user."""
    query = select(Token, User.email).join(User, User.id == Token.user_id).order_by(Token.created_at.desc())
    if user_id is not None:
        query = query.where(Token.user_id == user_id)
    return [(row, owner) for row, owner in await session.execute(query.limit(limit))]


async def count_good_tokens(session: AsyncSession, user_id: UUID) -> int:
    """Returns the number of a user's tokens that are neither revoked nor expired."""
    good = Token.revoked_at.is_(None) & (Token.expires_at.is_(None) | (Token.expires_at > now()))
    return await session.scalar(select(func.count()).where(Token.user_id == user_id, good)) or 0
