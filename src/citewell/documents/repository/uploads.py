"""Presigned uploads, and locks for content that is being uploaded."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import PendingUpload


async def lock_digests(session: AsyncSession, digests: Iterable[bytes]) -> None:
    """Wait for other transactions that locked one of the digests, and lock them until this one ends."""
    for number in sorted(int.from_bytes(digest[:8], signed=True) for digest in digests):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def pending_uploads(session: AsyncSession, project_id: UUID) -> list[UUID]:
    return list(await session.scalars(select(PendingUpload.id).where(PendingUpload.project_id == project_id)))


async def which_are_pending(session: AsyncSession, upload_ids: Iterable[UUID]) -> set[UUID]:
    """Returns which of the uploads, of any project, are still recorded."""
    return set(await session.scalars(select(PendingUpload.id).where(PendingUpload.id.in_(upload_ids))))


async def delete_expired_uploads(session: AsyncSession, before: datetime) -> list[tuple[UUID, UUID]]:
    """Delete all uploads whose URLs expired before that; returns (project, upload) of each."""
    expired = delete(PendingUpload).where(PendingUpload.expires_at < before)
    rows = (await session.execute(expired.returning(PendingUpload.project_id, PendingUpload.id))).all()
    return [(project_id, upload_id) for project_id, upload_id in rows]


async def delete_expired_of_project(session: AsyncSession, project_id: UUID, before: datetime) -> list[UUID]:
    """Delete the project's uploads whose URLs expired before that; returns their ids."""
    expired = (PendingUpload.project_id == project_id) & (PendingUpload.expires_at < before)
    return list(await session.scalars(delete(PendingUpload).where(expired).returning(PendingUpload.id)))
