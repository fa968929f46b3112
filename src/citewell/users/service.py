"""Finding and creating users."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.kit.addresses import is_address
from citewell.models import User


def normalised(email: str) -> str:
    """The form in which addresses are stored and compared. Raises InvalidFields if it is none."""
    email = email.strip().lower()
    if not is_address(email):
        raise InvalidFields({"email": [f'"{email[:100]}" is not an email address: it looks like name@example.org.']})
    return email


async def ensure_user(session: AsyncSession, email: str, *, superuser: bool = False) -> User:
    """The user with this address, created if there is none. `superuser` grants that right, and never revokes it."""
    email = normalised(email)
    statement = insert(User).values(email=email, is_superuser=superuser)
    changed = {"is_superuser": User.is_superuser | statement.excluded.is_superuser}
    statement = statement.on_conflict_do_update(index_elements=[User.email], set_=changed)
    result = await session.scalars(statement.returning(User), execution_options={"populate_existing": True})
    return result.one()


async def anybody(session: AsyncSession) -> bool:
    return (await session.scalar(select(func.count()).select_from(User)) or 0) > 0
