"""What the caller may do here: the one place where access to a project is decided.

Routes take one of the `Annotated` types below. Each gives an `Access`: the project, the caller, the user as whom they act
and that user's permissions. Impersonation will change `acting` and `permissions` here and nowhere else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import select

from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission, allows
from citewell.db.engine import Database
from citewell.errors import Forbidden, NotFound
from citewell.models import Project, ProjectPermission
from citewell.runtime import Runtime


def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def get_caller(request: Request) -> Caller:
    """The caller that the authentication middleware found; it let nobody else through."""
    caller: Caller = request.state.caller
    return caller


RuntimeParam = Annotated[Runtime, Depends(get_runtime)]
CallerParam = Annotated[Caller, Depends(get_caller)]


@dataclass(frozen=True)
class Access:
    project_id: UUID
    caller: Caller
    acting: Caller
    permissions: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return self.allows(Permission.ADMIN)

    def allows(self, wanted: Permission) -> bool:
        return self.acting.is_superuser or allows(self.permissions, wanted)


async def resolve_access(database: Database, project_id: UUID, caller: Caller) -> Access:
    """Raises NotFound for a project that does not exist and Forbidden for one where the caller has no permission."""
    query = (
        select(Project.id, ProjectPermission.permissions)
        .outerjoin(
            ProjectPermission,
            (ProjectPermission.project_id == Project.id) & (ProjectPermission.user_id == caller.user_id),
        )
        .where(Project.id == project_id, Project.deleted_at.is_(None))
    )
    async with database.sessions() as session:
        row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such project.")
    permissions = row.permissions
    if permissions is None and not caller.is_superuser:
        raise Forbidden("You have no access to this project: ask one of its admins for it.")
    return Access(project_id, caller, caller, frozenset(permissions or ()))


def requires(wanted: Permission) -> Callable[..., Awaitable[Access]]:
    """A dependency that gives the Access of a caller who has the permission in the path's project."""

    async def access(project_id: UUID, caller: CallerParam, runtime: RuntimeParam) -> Access:
        found = await resolve_access(runtime.database, project_id, caller)
        if not found.allows(wanted):
            raise Forbidden(f"You need the permission {wanted} in this project for that.")
        return found

    return access


Viewer = Annotated[Access, Depends(requires(Permission.VIEW))]
Runner = Annotated[Access, Depends(requires(Permission.RUN))]
Admin = Annotated[Access, Depends(requires(Permission.ADMIN))]
