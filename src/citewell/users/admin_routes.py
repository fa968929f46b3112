"""All users of the server, for superusers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import func, select

from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.errors import Forbidden
from citewell.kit.pagination import Page, PagingParams
from citewell.models import ProjectPermission, User
from citewell.users.routes import UserOut

router = APIRouter(tags=["Users"])


class ListedUser(UserOut):
    """`has_password`: they can sign in; others use tokens alone. `is_active`: false after the account was deactivated.
    `project_count`: projects that they have access to."""

    has_password: bool
    is_active: bool
    project_count: int


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
    wanted = User.email.contains(search.strip().lower(), autoescape=True)
    projects = select(func.count()).where(ProjectPermission.user_id == User.id).correlate(User).scalar_subquery()
    async with resources.database.read() as session:
        count = await session.scalar(select(func.count()).select_from(User).where(wanted))
        query = select(User, projects).where(wanted).order_by(User.email)
        rows = (await session.execute(query.limit(paging.limit).offset(paging.offset))).all()
    return paging.page(count or 0, [_to_wire(user, number) for user, number in rows])


def _to_wire(user: User, project_count: int) -> dict[str, Any]:
    names = ("id", "email", "date_joined", "is_superuser")
    own = {name: getattr(user, name) for name in names}
    shown = {"has_password": user.password_hash is not None, "is_active": user.deactivated_at is None}
    return own | shown | {"project_count": project_count}
