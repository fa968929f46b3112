"""Finding and creating users."""

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.kit.addresses import is_address
from citewell.models import User
from citewell.users.repository.users import upsert_user


def normalised(email: str) -> str:
    """Returns the form in which addresses are stored and compared. Raises InvalidFields if it is none."""
    email = email.strip().lower()
    if not is_address(email):
        raise InvalidFields({"email": [f'"{email[:100]}" is not an email address: it looks like name@example.org.']})
    return email


async def ensure_user(session: AsyncSession, email: str, *, superuser: bool = False) -> User:
    """Returns the user with this address, created if there is none.

    `superuser` grants that right, and never revokes it.
    """
    return await upsert_user(session, normalised(email), superuser=superuser)
