"""Notifications: telling users, and marking what they have read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.errors import NotFound
from citewell.kit.ids import new_id
from citewell.models import Notification, ProjectPermission
from citewell.notifications.codes import Kind, MessageCode

READ_DAYS = 7  # how long a list shows what was read
_COLUMNS = (
    "id, created_at, updated_at, user_id, project_id, status, access_level, title, message, message_code,"
    " message_values, notification_type, actions, read_at, source_object_type, source_object_id"
)


@dataclass(frozen=True)
class Note:
    """What a notification says. `kind` is its notification_type; `code` and `values` are the message for those who have
    words of their own; the source is what it is about."""

    kind: Kind
    title: str
    message: str
    code: MessageCode
    values: Mapping[str, str | int]
    source_type: str
    source_id: str
    access_level: str = "viewer"


async def notify(session: AsyncSession, project_id: UUID, user_id: UUID, note: Note) -> None:
    """Notify one user, in the session's transaction."""
    session.add(Notification(id=new_id(), project_id=project_id, user_id=user_id, **_values(note)))


async def notify_members(
    session: AsyncSession,
    project_id: UUID,
    note: Note,
    *,
    wanted: Permission = Permission.VIEW,
    but_not: UUID | None = None,
) -> None:
    """Notify everybody with a permission in the project, except one user."""
    has_it = ProjectPermission.permissions.overlap([wanted, Permission.ADMIN])
    members = select(ProjectPermission.user_id).where(ProjectPermission.project_id == project_id, has_it)
    if but_not is not None:
        members = members.where(ProjectPermission.user_id != but_not)
    rows = [
        {"id": new_id(), "project_id": project_id, "user_id": user_id, "status": "unread", **_values(note)}
        for user_id in await session.scalars(members)
    ]
    if rows:
        await session.execute(insert(Notification), rows)


def _values(note: Note) -> dict[str, Any]:
    return {
        "notification_type": note.kind,
        "title": note.title,
        "message": note.message,
        "message_code": note.code,
        "message_values": dict(note.values),
        "source_object_type": note.source_type,
        "source_object_id": note.source_id,
        "access_level": note.access_level,
        "actions": {},
    }


async def list_notifications(
    database: Database, access: Access, status: str | None, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """What is unread, and what was read in the last READ_DAYS days, newest first."""
    selection = Selection(_COLUMNS, "notifications", "created_at DESC, id DESC")
    selection.where(
        "project_id = %(project)s AND user_id = %(user)s", project=access.project_id, user=access.acting.user_id
    )
    selection.where("(status = 'unread' OR read_at > now() - make_interval(days => %(days)s))", days=READ_DAYS)
    if status is not None:
        selection.where("status = %(status)s", status=status)
    return await read_page(database, selection, limit, offset)


async def get_notification(session: AsyncSession, access: Access, notification_id: UUID) -> Notification:
    found = await session.get(Notification, (access.project_id, notification_id))
    if found is None or found.user_id != access.acting.user_id:
        raise NotFound("You have no such notification in this project.")
    return found


async def mark(session: AsyncSession, access: Access, notification_id: UUID, *, read: bool) -> Notification:
    """Mark a notification as read or unread. Marking it again changes nothing: the time of the first reading stays."""
    found = await get_notification(session, access, notification_id)
    if (found.status == "read") != read:
        found.status = "read" if read else "unread"
        found.read_at = func.clock_timestamp() if read else None
        await session.flush()
        await session.refresh(found)
    return found


async def delete_notification(session: AsyncSession, access: Access, notification_id: UUID) -> None:
    await session.delete(await get_notification(session, access, notification_id))


async def mark_all_read(session: AsyncSession, access: Access) -> int:
    """Mark all as read; returns how many were unread."""
    values = {"status": "read", "read_at": func.clock_timestamp(), "updated_at": func.clock_timestamp()}
    statement = update(Notification).where(_mine(access), Notification.status == "unread").values(**values)
    return await _changed(session, statement)


async def delete_read(session: AsyncSession, access: Access) -> int:
    return await _changed(session, delete(Notification).where(_mine(access), Notification.status == "read"))


def _mine(access: Access) -> ColumnElement[bool]:
    return (Notification.project_id == access.project_id) & (Notification.user_id == access.acting.user_id)


async def _changed(session: AsyncSession, statement: Any) -> int:
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


def relative_time(age: timedelta) -> str:
    """For people: "just now", "5 minutes ago", "3 days ago"."""
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
