"""The routes of all users of the server, for superusers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from citewell.auth.dependencies import CallerParam, DatabaseParam
from citewell.errors import Forbidden
from citewell.kit.pagination import Page, PagingParams
from citewell.models import User
from citewell.users import administration
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
    database: DatabaseParam,
    paging: PagingParams,
    search: Annotated[str, Query(max_length=320, description="A part of the address.")] = "",
) -> Any:
    """List all users by address. For superusers."""
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may see all users: a project's are under its members.")
    async with database.read() as session:
        count, rows = await repository.list_users(session, search.strip().lower(), paging.limit, paging.offset)
    return paging.page(count, [_to_wire(user, number) for user, number in rows])


@router.patch("/users/{user_id}/", operation_id="updateUser", response_model=ListedUser)
async def update_user(user_id: UUID, caller: CallerParam, database: DatabaseParam, body: UserUpdate) -> Any:
    """Deactivate an account or let it in again; make it a superuser or not. For superusers, about others.

    A deactivated account's sessions end, and its tokens and password are refused. What it made stays.
    """
    async with database.write() as session:
        user = await administration.update_user(
            session, caller, user_id, is_active=body.is_active, is_superuser=body.is_superuser
        )
        return _to_wire(user, await repository.count_projects(session, user_id))


def _to_wire(user: User, project_count: int) -> dict[str, Any]:
    names = ("id", "email", "date_joined", "is_superuser")
    own = {name: getattr(user, name) for name in names}
    shown = {"has_password": user.password_hash is not None, "is_active": user.deactivated_at is None}
    return own | shown | {"project_count": project_count}
