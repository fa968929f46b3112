"""Dependencies of routes: the resources, the caller, and the caller's access to the project in the path."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from citewell.auth.access import Access, access_of, resolve_access
from citewell.auth.caller import Caller, Standing
from citewell.auth.permissions import Permission
from citewell.errors import NotAuthenticated
from citewell.resources import Resources


async def get_resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


async def get_caller(request: Request) -> Caller:
    """The caller that the authentication middleware found. Raises NotAuthenticated at an open address whose method is
    another route's."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise NotAuthenticated
    return caller


ResourcesParam = Annotated[Resources, Depends(get_resources)]
CallerParam = Annotated[Caller, Depends(get_caller)]


AccessDependency = Callable[..., Awaitable[Access]]
_wanted_by: dict[Callable[..., Any], Permission] = {}


def wanted_by(dependency: Callable[..., Any] | None) -> Permission | None:
    """The permission that a dependency made here asks for: what the documentation of a route says."""
    return _wanted_by.get(dependency) if dependency is not None else None


def declare_wanted(dependency: AccessDependency, wanted: Permission) -> AccessDependency:
    """Remember what the dependency asks for, and return it."""
    _wanted_by[dependency] = wanted
    return dependency


def requires(wanted: Permission) -> Callable[..., Awaitable[Access]]:
    """A dependency that gives the Access of a caller who has the permission in the path's project."""

    async def access(project_id: UUID, request: Request, caller: CallerParam, resources: ResourcesParam) -> Access:
        return check_permission(await caller_access(project_id, request, caller, resources), wanted)

    return declare_wanted(access, wanted)


async def caller_access(project_id: UUID, request: Request, caller: Caller, resources: Resources) -> Access:
    """Returns what the caller may do in the project. Raises NotFound where that is nothing."""
    standing: Standing | None = getattr(request.state, "standing", None)
    if standing is not None and standing.project_id == project_id:
        return access_of(caller, standing)
    async with resources.database.read() as session:
        return await resolve_access(session, project_id, caller)


def check_permission(access: Access, wanted: Permission) -> Access:
    """Returns the access. Raises Forbidden without the permission."""
    access.require(wanted)
    return access


Viewer = Annotated[Access, Depends(requires(Permission.VIEW))]
Runner = Annotated[Access, Depends(requires(Permission.RUN))]
Admin = Annotated[Access, Depends(requires(Permission.ADMIN))]
