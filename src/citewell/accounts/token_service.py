"""People's own API tokens: listing, making, revoking."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.accounts import repository
from citewell.accounts.schemas import TokenCreate
from citewell.audit.log import entry
from citewell.auth.caller import Caller
from citewell.auth.tokens import add_token
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.kit.time import now
from citewell.models import Token, User

MOST_TOKENS = 100  # of one user, not counting those revoked or expired


async def make_token(session: AsyncSession, caller: Caller, request: TokenCreate) -> tuple[Token, str]:
    """Create a token; returns its row and the token itself.

    Raises InvalidFields for an expiry in the past, BadRequest for too many tokens.
    """
    if request.expires_at is not None and request.expires_at <= now():
        raise InvalidFields({"expires_at": ["This time is in the past: choose a later one, or leave it out."]})
    # One at a time: two requests at once could exceed the limit together.
    await session.get_one(User, caller.user_id, with_for_update=True)
    if await repository.count_good_tokens(session, caller.user_id) >= MOST_TOKENS:
        raise BadRequest(f"You have {MOST_TOKENS} tokens already: revoke one that is not used.")
    row, token = await add_token(session, caller.user_id, request.name, request.expires_at)
    session.add(entry(caller, "token_created", "token", row.id, name=row.name))
    await session.refresh(row)
    return row, token


async def revoke_token(session: AsyncSession, token_id: UUID, caller: Caller | None) -> Token:
    """Revoke a token; doing so again is no error. `caller` is None for the command line, which may revoke any.

    Raises NotFound, also for another user's token unless the caller is a superuser.
    """
    row = await session.get(Token, token_id, with_for_update=True)
    if row is None or not (caller is None or caller.is_superuser or row.user_id == caller.user_id):
        raise NotFound("You have no such token.")
    if row.revoked_at is None:
        row.revoked_at = now()
        session.add(entry(caller, "token_revoked", "token", row.id, name=row.name, user_id=str(row.user_id)))
    return row
