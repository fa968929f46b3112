"""Chunks, and their passages until they are published."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk
from citewell.models.passage import StagedPassage


async def add_chunks(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store chunks; those that are stored already stay as they are."""
    await session.execute(insert(Chunk).on_conflict_do_nothing(), rows)


async def find_chunks(session: AsyncSession, project_id: UUID, version_id: UUID) -> list[Chunk]:
    """Returns the version's chunks in their order."""
    mine = (Chunk.project_id == project_id) & (Chunk.version_id == version_id)
    return list(await session.scalars(select(Chunk).where(mine).order_by(Chunk.ordinal)))


async def stage_passages(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store passages that searches do not see yet; those that are stored already stay as they are."""
    await session.execute(insert(StagedPassage).on_conflict_do_nothing(), rows)


async def find_staged_keys(session: AsyncSession, project_id: UUID, version_id: UUID) -> set[tuple[UUID, int]]:
    """Returns the (chunk id, ordinal) of the version's staged passages."""
    stored = await session.execute(
        select(StagedPassage.chunk_id, StagedPassage.ordinal).where(
            StagedPassage.project_id == project_id, StagedPassage.version_id == version_id
        )
    )
    return {(chunk_id, ordinal) for chunk_id, ordinal in stored.all()}
