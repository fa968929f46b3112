"""The first password of a new server's owner: a link in the terminal, good once and for an hour."""

import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.accounts import repository
from citewell.accounts.sign_in import Browser, NewSession, start_verified
from citewell.auth.passwords import check_new_password
from citewell.auth.tokens import digest
from citewell.errors import InvalidFields
from citewell.kit.time import now
from citewell.models import SetupLink, User
from citewell.resources import Resources

LIFETIME = timedelta(hours=1)
_NOT_GOOD = InvalidFields(
    {
        "code": [
            "This link is not valid or has expired: restart the server for a new one, or run `citewell user password`."
        ]
    }
)


async def new_setup_code(session: AsyncSession, user: User) -> str | None:
    """Returns the secret for a link; earlier ones of the user are no longer good.

    None if the user has a password.
    """
    if user.password_hash is not None:
        return None
    await repository.delete_setup_links(session, user.id)
    code = secrets.token_urlsafe(32)
    session.add(SetupLink(user_id=user.id, secret_hash=digest(code), expires_at=now() + LIFETIME))
    return code


async def set_up(resources: Resources, code: str, password: str, browser: Browser) -> NewSession:
    """Set the password of the link's user and sign them in. Raises InvalidFields if the link is not good."""
    async with resources.database.read() as session:
        user = await _user_of(session, code)
    check_new_password(password, user.email, "password")
    stored = await resources.passwords.hash(password)
    async with resources.database.write() as session:
        user = await _user_of(session, code, lock=True)
        await repository.delete_setup_links(session, user.id)
        user.password_hash = stored
        return await start_verified(session, user, "user_registered", browser)


async def _user_of(session: AsyncSession, code: str, *, lock: bool = False) -> User:
    found = await repository.find_user_of_setup_link(session, digest(code), lock=lock)
    if found is None:
        raise _NOT_GOOD
    return found
