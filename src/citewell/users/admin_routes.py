"""The routes of all users of the server, for superusers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.actions import Action
from citewell.audit.log import entry
from citewell.auth.caller import Caller
from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.errors import BadRequest, Forbidden, NotFound
from citewell.kit.pagination import Page, PagingParams
from citewell.models import User
from citewell.users.activation import activate, deactivate
from citewell.users.repository import users as repository
from citewell.users.routes import UserOut

router = APIRouter(tags=["Users"])


class ListedUser(UserOut):
    """`has_password`: they can sign in; others use tokens alone. `is_active`: false after the account was deactivated.
    `project_count`: projects that they have access to."""

    has_password: bool
    is_active: bool
    project_count: int


class UserUpdate(BaseModel, extra="forbid"):
    """Fields that are absent keep their values."""

    is_active: bool | None = None
    is_superuser: bool | None = None


@router.get("/users/", operation_id="listUsers", response_model=Page[ListedUser])
async def list_users(
    caller: CallerParam,
    resources: ResourcesParam,
    paging: PagingParams,
    search: Annotated[str, Query(max_length=320, description="A part of the address.")] = "",
) -> Any:
    """List all users by address. For superusers."""
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may see all users: a project's are under its members.")
    async with resources.database.read() as session:
        count, rows = await repository.list_users(session, search.strip().lower(), paging.limit, paging.offset)
    return paging.page(count, [_to_wire(user, number) for user, number in rows])


@router.patch("/users/{user_id}/", operation_id="updateUser", response_model=ListedUser)
async def update_user(user_id: UUID, caller: CallerParam, resources: ResourcesParam, body: UserUpdate) -> Any:
    """Deactivate an account or let it in again; make it a superuser or not. For superusers, about others.

    A deactivated account's sessions end, and its tokens and password are refused. What it made stays.
    """
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may change accounts.")
    if user_id == caller.user_id:
        raise BadRequest("You cannot change your own account: ask another superuser.")
    async with resources.database.write() as session:
        user = await session.get(User, user_id, with_for_update=True)
        if user is None:
            raise NotFound("There is no such user.")
        await _change(session, caller, user, body)
        await session.flush()
        return _to_wire(user, await repository.count_projects(session, user_id))


async def _change(session: AsyncSession, caller: Caller, user: User, body: UserUpdate) -> None:
    if body.is_superuser is not None and body.is_superuser != user.is_superuser:
        user.is_superuser = body.is_superuser
        session.add(
            entry(caller, "superuser_changed", "user", user.id, email=user.email, is_superuser=user.is_superuser)
        )
    if body.is_active is None or body.is_active == (user.deactivated_at is None):
        return
    if body.is_active:
        activate(user)
    else:
        await deactivate(session, user)
    action: Action = "user_activated" if body.is_active else "user_deactivated"
    session.add(entry(caller, action, "user", user.id, email=user.email))


def _to_wire(user: User, project_count: int) -> dict[str, Any]:
    names = ("id", "email", "date_joined", "is_superuser")
    own = {name: getattr(user, name) for name in names}
    shown = {"has_password": user.password_hash is not None, "is_active": user.deactivated_at is None}
    return own | shown | {"project_count": project_count}
