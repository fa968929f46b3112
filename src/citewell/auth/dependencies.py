"""What routes depend on: the runtime, the caller, and the caller's access to the project in the path."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.errors import Forbidden
from citewell.runtime import Runtime


async def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def get_caller(request: Request) -> Caller:
    """The caller that the authentication middleware found; it let nobody else through."""
    caller: Caller = request.state.caller
    return caller


RuntimeParam = Annotated[Runtime, Depends(get_runtime)]
CallerParam = Annotated[Caller, Depends(get_caller)]


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
