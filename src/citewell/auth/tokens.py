"""API tokens: 32 random bytes, shown once, stored as their SHA-256."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Token

PREFIX = "cw_"  # lets people and secret scanners recognise a token


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def create_token(session: AsyncSession, user_id: UUID, name: str = "", expires_at: datetime | None = None) -> str:
    """Stores a new token of the user and returns it. Only its hash is stored, so it cannot be read again."""
    return (await add_token(session, user_id, name, expires_at))[1]


async def add_token(
    session: AsyncSession, user_id: UUID, name: str = "", expires_at: datetime | None = None
) -> tuple[Token, str]:
    token = PREFIX + secrets.token_urlsafe(32)
    row = Token(user_id=user_id, hash=digest(token), name=name, last_four=token[-4:], expires_at=expires_at)
    session.add(row)
    await session.flush()
    return row, token
