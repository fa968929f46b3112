"""Notifications over HTTP: those of the caller, or of the user as whom they act."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from citewell.audit.dependencies import ActingViewer
from citewell.auth.dependencies import DatabaseParam
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.time import now
from citewell.notifications import repository, service

router = APIRouter(prefix="/projects/{project_id}/notifications", tags=["Notifications"])


class NotificationOut(BaseModel):
    """`message` is an English sentence; `message_code` is its stable name and `message_values` what stands in it."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    user: UUID
    scope: Literal["project"]
    project: UUID
    status: Literal["unread", "read"]
    access_level: Literal["admin", "viewer"]
    title: str
    message: str
    message_code: str | None
    message_values: dict[str, str | int]
    notification_type: str
    actions: dict[str, Any]
    read_at: datetime | None
    source_object_type: str
    source_object_id: str
    relative_time: str
    absolute_time: datetime


class BulkActionOut(BaseModel):
    message: str
    count: int


_AS_STORED = [
    "id",
    "created_at",
    "updated_at",
    "status",
    "access_level",
    "title",
    "message",
    "message_code",
    "message_values",
    "notification_type",
    "actions",
    "read_at",
    "source_object_type",
    "source_object_id",
]


def to_wire(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _AS_STORED} | {
        "user": row.user_id,
        "scope": "project",
        "project": row.project_id,
        "relative_time": service.relative_time(now() - row.created_at),
        "absolute_time": row.created_at,
    }


@router.get("/", operation_id="listProjectNotifications", response_model=Page[NotificationOut])
async def list_notifications(
    access: ActingViewer,
    database: DatabaseParam,
    paging: PagingParams,
    status: Literal["unread", "read"] | None = None,
) -> Any:
    """List what is unread, and what was read in the last seven days, newest first."""
    count, rows = await repository.list_notifications(
        database, access.project_id, access.acting.user_id, status, paging.limit, paging.offset
    )
    return json_answer(paging.page(count, [to_wire(row) for row in rows]))


@router.post("/mark-all-as-read/", operation_id="markAllNotificationsAsRead", response_model=BulkActionOut)
async def mark_all_as_read(access: ActingViewer, database: DatabaseParam) -> Any:
    async with database.write() as session:
        count = await repository.mark_all_read(session, access.project_id, access.acting.user_id)
    return {"message": f"Marked as read: {count}.", "count": count}


@router.post("/delete-read/", operation_id="deleteReadNotifications", response_model=BulkActionOut)
async def delete_read(access: ActingViewer, database: DatabaseParam) -> Any:
    async with database.write() as session:
        count = await repository.delete_read(session, access.project_id, access.acting.user_id)
    return {"message": f"Deleted: {count}.", "count": count}


@router.get("/{notification_id}/", operation_id="getProjectNotification", response_model=NotificationOut)
async def get_notification(access: ActingViewer, database: DatabaseParam, notification_id: UUID) -> Any:
    async with database.read() as session:
        return to_wire(await service.get_notification(session, access, notification_id))


@router.delete("/{notification_id}/", operation_id="deleteProjectNotification", status_code=204)
async def delete_notification(access: ActingViewer, database: DatabaseParam, notification_id: UUID) -> Response:
    async with database.write() as session:
        await service.delete_notification(session, access, notification_id)
    return Response(status_code=204)


@router.post("/{notification_id}/mark-as-read/", operation_id="markNotificationAsRead", response_model=NotificationOut)
async def mark_as_read(access: ActingViewer, database: DatabaseParam, notification_id: UUID) -> Any:
    async with database.write() as session:
        return to_wire(await service.mark(session, access, notification_id, read=True))


@router.post(
    "/{notification_id}/mark-as-unread/", operation_id="markNotificationAsUnread", response_model=NotificationOut
)
async def mark_as_unread(access: ActingViewer, database: DatabaseParam, notification_id: UUID) -> Any:
    async with database.write() as session:
        return to_wire(await service.mark(session, access, notification_id, read=False))
