"""The audit log over HTTP: a project's for its admins, all of it for superusers."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from citewell.audit.reading import AuditFilters, list_in_cells
from citewell.auth.dependencies import Admin, CallerParam, ResourcesParam
from citewell.errors import Forbidden
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams

router = APIRouter(tags=["Audit"])

Action = Annotated[str | None, Query(max_length=100, description="Only this action, like user_removed.")]
Actor = Annotated[str | None, Query(max_length=320, description="Only what the user with this address did.")]
Since = Annotated[datetime | None, Query(description="From this time on.")]
Until = Annotated[datetime | None, Query(description="Before this time.")]


def _filters(action: Action = None, actor: Actor = None, since: Since = None, until: Until = None) -> AuditFilters:
    return AuditFilters(action=action, actor=actor, since=since, until=until)


FilterParams = Annotated[AuditFilters, Depends(_filters)]


class AuditEntryOut(BaseModel):
    """`actor` is who called; `acting` as whom: another user where they impersonated."""

    id: UUID
    at: datetime
    project_id: UUID | None
    action: str
    actor_id: UUID | None
    actor_email: str
    acting_id: UUID | None
    acting_email: str
    object_type: str
    object_id: str
    detail: dict[str, Any]


@router.get("/projects/{project_id}/audit-log/", operation_id="listProjectAuditLog", response_model=Page[AuditEntryOut])
async def list_project_audit_log(
    access: Admin, resources: ResourcesParam, paging: PagingParams, filters: FilterParams
) -> Any:
    """Who did what in the project, newest first."""
    filters = replace(filters, project=access.project_id)
    count, rows = await list_in_cells(resources, filters, paging.limit, paging.offset)
    return json_answer(paging.page(count, [row._asdict() for row in rows]))


@router.get(
    "/audit-log/",
    operation_id="listAuditLog",
    response_model=Page[AuditEntryOut],
    responses={403: {"description": "The caller is no superuser."}},
)
async def list_audit_log(
    caller: CallerParam, resources: ResourcesParam, paging: PagingParams, filters: FilterParams
) -> Any:
    """Who did what anywhere, sign-ins and tokens included. Superusers only."""
    if not caller.is_superuser:
        raise Forbidden("Only superusers may read the audit log of all projects: ask for a project's own.")
    count, rows = await list_in_cells(resources, filters, paging.limit, paging.offset)
    return json_answer(paging.page(count, [row._asdict() for row in rows]))
