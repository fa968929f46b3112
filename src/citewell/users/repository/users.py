"""SQL of users: finding them by address, and the list of all."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import ProjectPermission, User

_PROJECTS = select(func.count()).where(ProjectPermission.user_id == User.id).correlate(User).scalar_subquery()


async def find_user(session: AsyncSession, email: str) -> User | None:
    """Returns the user with this address, which is compared as it is."""
    return (await session.scalars(select(User).where(User.email == email))).one_or_none()


async def has_user(session: AsyncSession, email: str) -> bool:
    return await session.scalar(select(User.id).where(User.email == email)) is not None


async def count_users(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(User)) or 0


async def lock_user(session: AsyncSession, user_id: UUID) -> User | None:
    """Returns the user as last committed, locked until the transaction ends."""
    return await _lock(session, User.id == user_id)


async def lock_user_with_email(session: AsyncSession, email: str) -> User | None:
    """Returns the user with this address as last committed, locked until the transaction ends."""
    return await _lock(session, User.email == email)


async def _lock(session: AsyncSession, condition: ColumnElement[bool]) -> User | None:
    query = select(User).where(condition).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def upsert_user(session: AsyncSession, email: str, *, superuser: bool) -> User:
    """Returns the user with this address, created if there is none.

    `superuser` grants that right, and never revokes it.
    """
    statement = insert(User).values(email=email, is_superuser=superuser)
    changed = {"is_superuser": User.is_superuser | statement.excluded.is_superuser}
    statement = statement.on_conflict_do_update(index_elements=[User.email], set_=changed)
    result = await session.scalars(statement.returning(User), execution_options={"populate_existing": True})
    return result.one()


async def list_users(session: AsyncSession, search: str, limit: int, offset: int) -> tuple[int, list[tuple[User, int]]]:
    """Returns (number of users whose address contains `search`, page of them by address), each with the number
    of their projects.
    """
    wanted = User.email.contains(search, autoescape=True)
    count = await session.scalar(select(func.count()).select_from(User).where(wanted))
    query = select(User, _PROJECTS).where(wanted).order_by(User.email)
    rows: Any = (await session.execute(query.limit(limit).offset(offset))).all()
    return count or 0, [(user, number) for user, number in rows]


async def count_projects(session: AsyncSession, user_id: UUID) -> int:
    """Returns the number of projects that the user has access to."""
    return await session.scalar(select(_PROJECTS).where(User.id == user_id)) or 0


async def has_other_superuser(session: AsyncSession, user_id: UUID) -> bool:
    """Whether another active user is a superuser."""
    others = select(User.id).where(User.is_superuser, User.deactivated_at.is_(None), User.id != user_id)
    return await session.scalar(others.limit(1)) is not None
