"""Dependencies of routes: the resources, the caller, and the caller's access to the project in the path.

A route asks for the part of the resources that it needs. It takes all of them only to pass them on to a service.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import procrastinate
from fastapi import Depends, Request

from citewell.agent.graphs import Graphs
from citewell.agent.models.pool import ModelPool
from citewell.auth.access import Access, access_of, resolve_access
from citewell.auth.caller import Caller, SignedIn, Standing
from citewell.auth.permissions import Permission
from citewell.auth.stream_guard import StreamGuard
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.vault import Vault
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.storage import FileStore


async def get_resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


ResourcesParam = Annotated[Resources, Depends(get_resources)]


async def get_guard(request: Request) -> StreamGuard:
    guard: StreamGuard = request.app.state.stream_guard
    return guard


GuardParam = Annotated[StreamGuard, Depends(get_guard)]


async def get_database(resources: ResourcesParam) -> Database:
    return resources.database


async def get_settings(resources: ResourcesParam) -> Settings:
    return resources.settings


async def get_queue(resources: ResourcesParam) -> procrastinate.App:
    return resources.queue


async def get_files(resources: ResourcesParam) -> FileStore:
    return resources.files


async def get_models(resources: ResourcesParam) -> ModelPool:
    return resources.models


async def get_graphs(resources: ResourcesParam) -> Graphs:
    return resources.graphs


async def get_vault(resources: ResourcesParam) -> Vault:
    return resources.vault


async def get_caller(request: Request) -> Caller:
    """Returns the caller that the authentication middleware found.

    Raises NotAuthenticated if the path is open to everybody, but not this method of it.
    """
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise NotAuthenticated
    return caller


DatabaseParam = Annotated[Database, Depends(get_database)]
SettingsParam = Annotated[Settings, Depends(get_settings)]
QueueParam = Annotated[procrastinate.App, Depends(get_queue)]
FilesParam = Annotated[FileStore, Depends(get_files)]
ModelsParam = Annotated[ModelPool, Depends(get_models)]
GraphsParam = Annotated[Graphs, Depends(get_graphs)]
VaultParam = Annotated[Vault, Depends(get_vault)]
CallerParam = Annotated[Caller, Depends(get_caller)]


AccessDependency = Callable[..., Awaitable[Access]]
_wanted_by: dict[Callable[..., Any], Permission] = {}


def wanted_by(dependency: Callable[..., Any] | None) -> Permission | None:
    """Returns the permission that a dependency from `requires` demands, for the documentation of a route."""
    return _wanted_by.get(dependency) if dependency is not None else None


def declare_wanted(dependency: AccessDependency, wanted: Permission) -> AccessDependency:
    """Records the permission that the dependency demands, and returns the dependency."""
    _wanted_by[dependency] = wanted
    return dependency


def requires(wanted: Permission) -> Callable[..., Awaitable[Access]]:
    """Makes a dependency that returns the caller's Access to the project of the path.

    The dependency raises NotFound if the caller has no access, and Forbidden if this permission is missing.
    """

    async def access(project_id: UUID, request: Request, caller: CallerParam, resources: ResourcesParam) -> Access:
        found = check_permission(await caller_access(project_id, request, caller, resources), wanted)
        remember_wanted(request, wanted)
        return found

    return declare_wanted(access, wanted)


def remember_wanted(request: Request, *wanted: Permission) -> None:
    """Sets `request.state.confirm_right`, which checks again that the caller has these permissions in the project of
    the path.

    Long uploads and downloads call it. It raises what the request would be answered with if it began now:
    NotAuthenticated, NotFound or Forbidden.
    """
    request.state.confirm_right = functools.partial(_confirm_right, request, wanted)


async def _confirm_right(request: Request, wanted: tuple[Permission, ...]) -> None:
    found: SignedIn = await request.state.sign_in_again()
    if found.standing is not None:
        access = access_of(found.caller, found.standing)
        for permission in wanted:
            access.require(permission)


async def caller_access(project_id: UUID, request: Request, caller: Caller, resources: Resources) -> Access:
    """Returns the caller's access to the project.

    Raises NotFound if there is none, so that nothing reveals the project.
    """
    standing: Standing | None = getattr(request.state, "standing", None)
    if standing is not None and standing.project_id == project_id:
        return access_of(caller, standing)
    async with resources.database.read() as session:
        return await resolve_access(session, project_id, caller)


def check_permission(access: Access, wanted: Permission) -> Access:
    """Returns the access. Raises Forbidden if the permission is missing."""
    access.require(wanted)
    return access


Viewer = Annotated[Access, Depends(requires(Permission.VIEW))]
Runner = Annotated[Access, Depends(requires(Permission.RUN))]
Admin = Annotated[Access, Depends(requires(Permission.ADMIN))]
