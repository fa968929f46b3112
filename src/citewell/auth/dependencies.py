"""What routes depend on: the resources, the caller, and the caller's access to the project in the path."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request

from citewell.audit.log import entry_of
from citewell.auth.access import Access, access_of, impersonate, resolve_access
from citewell.auth.caller import Caller, Standing
from citewell.auth.permissions import Permission
from citewell.resources import Resources


async def get_resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


async def get_caller(request: Request) -> Caller:
    """The caller that the authentication middleware found; it let nobody else through."""
    caller: Caller = request.state.caller
    return caller


ResourcesParam = Annotated[Resources, Depends(get_resources)]
CallerParam = Annotated[Caller, Depends(get_caller)]
_ImpersonateEmail = Annotated[
    str | None,
    Header(
        alias="X-Impersonate-Email",
        description="Act as this user of the project; needs CAN_IMPERSONATE_OTHER_USERS, and is ignored without it.",
        json_schema_extra={"format": "email"},
    ),
]


_wanted_by: dict[Callable[..., Any], Permission] = {}


def wanted_by(dependency: Callable[..., Any] | None) -> Permission | None:
    """The permission that a dependency made here asks for: what the documentation of a route says."""
    return _wanted_by.get(dependency) if dependency is not None else None


def requires(wanted: Permission) -> Callable[..., Awaitable[Access]]:
    """A dependency that gives the Access of a caller who has the permission in the path's project."""

    async def access(project_id: UUID, request: Request, caller: CallerParam, resources: ResourcesParam) -> Access:
        return _check(await _own_access(project_id, request, caller, resources), wanted)

    _wanted_by[access] = wanted
    return access


def requires_acting(wanted: Permission) -> Callable[..., Awaitable[Access]]:
    """The same for the operations on which users may be impersonated. Each such request goes to the audit log."""

    async def access(
        project_id: UUID,
        request: Request,
        caller: CallerParam,
        resources: ResourcesParam,
        impersonate_email: _ImpersonateEmail = None,
    ) -> Access:
        found = await _own_access(project_id, request, caller, resources)
        if impersonate_email:
            found = await impersonate(resources.database, found, impersonate_email)
        if found.is_impersonated:
            async with resources.database.write() as session:
                session.add(entry_of(found, "impersonate", method=request.method, path=request.url.path))
        return _check(found, wanted)

    _wanted_by[access] = wanted
    return access


async def _own_access(project_id: UUID, request: Request, caller: Caller, resources: Resources) -> Access:
    standing: Standing | None = getattr(request.state, "standing", None)
    if standing is not None and standing.project_id == project_id:
        return access_of(caller, standing)
    return await resolve_access(resources.database, project_id, caller)


def _check(access: Access, wanted: Permission) -> Access:
    access.require(wanted)
    return access


Viewer = Annotated[Access, Depends(requires(Permission.VIEW))]
Runner = Annotated[Access, Depends(requires(Permission.RUN))]
Admin = Annotated[Access, Depends(requires(Permission.ADMIN))]
ActingViewer = Annotated[Access, Depends(requires_acting(Permission.VIEW))]
