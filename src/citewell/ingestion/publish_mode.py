"""A project's flow: the steps from a file to what is searched, and whether the last of them is left to a person."""

from typing import Literal
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Document, DocumentVersion, ExtractionFlow

NAME = "Documents"
PublishMode = Literal["auto_publish", "manual_publish"]


def flow_id(project_id: UUID) -> UUID:
    """Every project has one flow from the start, which is not stored until it is changed."""
    return uuid5(project_id, "extraction-flow")


async def publishes_manually(session: AsyncSession, project_id: UUID, *, lock: bool = False) -> bool:
    """Whether documents wait to be published. With `lock` it stays so until the session's transaction has ended, so
    that a change of the mode finds what that one leaves to a person; to be called before it locks anything else."""
    how = {"read": True} if lock else None
    row = await session.get(ExtractionFlow, (project_id, flow_id(project_id)), with_for_update=how)
    return row is not None and row.publish_mode == "manual_publish"


async def waits_for_a_person(session: AsyncSession, version: DocumentVersion) -> bool:
    """Whether a person publishes the version's document. The mode stays so until the transaction has ended."""
    document = await session.get_one(Document, (version.project_id, version.document_id))
    return document.local_to is None and await publishes_manually(session, version.project_id, lock=True)
