"""Access for the operations on which users may be impersonated."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from citewell.audit.log import entry_of
from citewell.auth.access import Access, impersonate
from citewell.auth.dependencies import (
    AccessDependency,
    CallerParam,
    ResourcesParam,
    caller_access,
    check_permission,
    declare_wanted,
    remember_wanted,
)
from citewell.auth.permissions import Permission

_ImpersonateEmail = Annotated[
    str | None,
    Header(
        alias="X-Impersonate-Email",
        description="Act as this user of the project; needs CAN_IMPERSONATE_OTHER_USERS, and is ignored without it.",
        json_schema_extra={"format": "email"},
    ),
]


def requires_acting(wanted: Permission) -> AccessDependency:
    """Like `auth.dependencies.requires`, for operations that an impersonator may do; the audit log records each."""

    async def access(
        project_id: UUID,
        request: Request,
        caller: CallerParam,
        resources: ResourcesParam,
        impersonate_email: _ImpersonateEmail = None,
    ) -> Access:
        found = await caller_access(project_id, request, caller, resources)
        if impersonate_email:
            async with resources.database.read() as session:
                found = await impersonate(session, found, impersonate_email)
        if found.is_impersonated:
            async with resources.database.write() as session:
                session.add(entry_of(found, "impersonate", method=request.method, path=request.url.path))
        remember_wanted(request, wanted, *([Permission.IMPERSONATE] if found.is_impersonated else []))
        return check_permission(found, wanted)

    return declare_wanted(access, wanted)


ActingViewer = Annotated[Access, Depends(requires_acting(Permission.VIEW))]
