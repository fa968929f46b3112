"""Notifications: telling users, and marking what they have read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.errors import NotFound
from citewell.kit.ids import new_id
from citewell.models import Notification
from citewell.notifications import repository
from citewell.notifications.codes import Kind, MessageCode


@dataclass(frozen=True)
class Note:
    """The content of a notification.

    `kind` is its notification_type. `code` and `values` are the message for clients with words of their own. The source
    is what it is about.
    """

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
    members = await repository.list_members_with(session, project_id, [wanted, Permission.ADMIN], but_not)
    rows = [
        {"id": new_id(), "project_id": project_id, "user_id": user_id, "status": "unread", **_values(note)}
        for user_id in members
    ]
    if rows:
        await repository.insert_notifications(session, rows)


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


async def get_notification(session: AsyncSession, access: Access, notification_id: UUID) -> Notification:
    found = await session.get(Notification, (access.project_id, notification_id))
    if found is None or found.user_id != access.acting.user_id:
        raise NotFound("You have no such notification in this project.")
    return found


async def mark(session: AsyncSession, access: Access, notification_id: UUID, *, read: bool) -> Notification:
    """Mark a notification as read or unread. Marking it again changes nothing: the time of the first reading stays."""
    found = await get_notification(session, access, notification_id)
    if (found.status == "read") != read:
        await repository.store_status(session, found, read=read)
    return found


async def delete_notification(session: AsyncSession, access: Access, notification_id: UUID) -> None:
    await session.delete(await get_notification(session, access, notification_id))


def relative_time(age: timedelta) -> str:
    """Returns the age for people: "just now", "5 minutes ago", "3 days ago"."""
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
