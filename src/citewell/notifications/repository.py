"""SQL of notifications: a user's own in a project, and who is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.models import Notification, ProjectPermission

READ_DAYS = 7  # how long a list shows what was read
_COLUMNS = (
    "id, created_at, updated_at, user_id, project_id, status, access_level, title, message, message_code,"
    " message_values, notification_type, actions, read_at, source_object_type, source_object_id"
)


async def list_notifications(
    database: Database, project_id: UUID, user_id: UUID, status: str | None, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns the user's notifications that are unread or were read in the last READ_DAYS days, newest first."""
    selection = Selection(_COLUMNS, "notifications", "created_at DESC, id DESC")
    selection.where("project_id = %(project)s AND user_id = %(user)s", project=project_id, user=user_id)
    selection.where("(status = 'unread' OR read_at > now() - make_interval(days => %(days)s))", days=READ_DAYS)
    if status is not None:
        selection.where("status = %(status)s", status=status)
    return await read_page(database, selection, limit, offset)


async def list_members_with(
    session: AsyncSession, project_id: UUID, permissions: Sequence[str], but_not: UUID | None
) -> list[UUID]:
    """Returns the ids of the users who have one of the permissions in the project, without the user `but_not`."""
    has_it = ProjectPermission.permissions.overlap(permissions)
    members = select(ProjectPermission.user_id).where(ProjectPermission.project_id == project_id, has_it)
    if but_not is not None:
        members = members.where(ProjectPermission.user_id != but_not)
    return list(await session.scalars(members))


async def insert_notifications(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(Notification), rows)


async def store_status(session: AsyncSession, notification: Notification, *, read: bool) -> None:
    """Store that the notification was read just now, or that it is unread."""
    notification.status = "read" if read else "unread"
    notification.read_at = func.clock_timestamp() if read else None
    await session.flush()
    await session.refresh(notification)


async def mark_all_read(session: AsyncSession, project_id: UUID, user_id: UUID) -> int:
    """Mark all of the user's notifications as read; returns how many were unread."""
    values = {"status": "read", "read_at": func.clock_timestamp(), "updated_at": func.clock_timestamp()}
    unread = _of_user(project_id, user_id) & (Notification.status == "unread")
    return await _count_changed(session, update(Notification).where(unread).values(**values))


async def delete_read(session: AsyncSession, project_id: UUID, user_id: UUID) -> int:
    """Delete the user's notifications that are read; returns how many there were."""
    read = _of_user(project_id, user_id) & (Notification.status == "read")
    return await _count_changed(session, delete(Notification).where(read))


def _of_user(project_id: UUID, user_id: UUID) -> ColumnElement[bool]:
    return (Notification.project_id == project_id) & (Notification.user_id == user_id)


async def _count_changed(session: AsyncSession, statement: Any) -> int:
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
