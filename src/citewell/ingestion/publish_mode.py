"""A project's publishing mode: whether documents are published automatically or by a person."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.repository.documents import find_own
from citewell.models import DocumentVersion, ExtractionFlow

NAME = "Documents"
PublishMode = Literal["auto_publish", "manual_publish"]


def flow_id(project_id: UUID) -> UUID:
    """Returns the id of the project's default flow. Every project has one; it is stored when it is first changed."""
    return uuid5(project_id, "extraction-flow")


async def publishes_manually(session: AsyncSession, project_id: UUID, *, lock: bool = False) -> bool:
    """Whether a person publishes the project's documents.

    With `lock` the mode cannot change until the session's transaction ends, so that a change of the mode finds all
    documents that wait for a person. Call it before the transaction locks anything else."""
    how = {"read": True} if lock else None
    row = await session.get(ExtractionFlow, (project_id, flow_id(project_id)), with_for_update=how)
    return row is not None and row.publish_mode == "manual_publish"


async def waiting_for_a_person(session: AsyncSession, versions: Sequence[DocumentVersion]) -> set[UUID]:
    """Returns the versions, of one project, whose document a person publishes.

    The mode cannot change until the transaction ends.
    """
    project_id = versions[0].project_id
    if not await publishes_manually(session, project_id, lock=True):
        return set()
    own = await find_own(session, project_id, {version.document_id for version in versions})
    return {version.id for version in versions if version.document_id in own}
