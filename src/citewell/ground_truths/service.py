"""The questions of a project with the answers that are known to be right."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import InvalidFields, NotFound
from citewell.ground_truths.schemas import GroundTruthCreate, GroundTruthUpdate
from citewell.models import GroundTruth


async def get_ground_truth(session: AsyncSession, project_id: UUID, ground_truth_id: UUID) -> GroundTruth:
    """Returns the ground truth. Raises NotFound."""
    row = await session.get(GroundTruth, (project_id, ground_truth_id))
    if row is None:
        raise NotFound("There is no such ground truth in this project.")
    return row


async def create_ground_truth(session: AsyncSession, access: Access, request: GroundTruthCreate) -> GroundTruth:
    row = GroundTruth(
        project_id=access.project_id,
        query=request.query,
        answer=request.answer,
        additional_notes=request.additional_notes or "",
        source_feedback_id=request.source_feedback_id,
        created_by=access.acting.user_id,
        **request.expectations(),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def update_ground_truth(
    session: AsyncSession, access: Access, ground_truth_id: UUID, request: GroundTruthUpdate
) -> GroundTruth:
    """Change a ground truth. Raises NotFound, and InvalidFields if the question or the answer would become empty."""
    names = ("query", "answer", "additional_notes", "source_feedback_id")
    changes = {name: getattr(request, name) for name in names if name in request.model_fields_set}
    if missing := [name for name in ("query", "answer") if name in changes and changes[name] is None]:
        raise InvalidFields({name: ["This may not be null: leave it out to keep it."] for name in missing})
    if "additional_notes" in changes:
        changes["additional_notes"] = changes["additional_notes"] or ""
    row = await get_ground_truth(session, access.project_id, ground_truth_id)
    for name, value in (changes | request.expectations()).items():
        setattr(row, name, value)
    await session.flush()
    await session.refresh(row)
    return row


async def delete_ground_truth(session: AsyncSession, access: Access, ground_truth_id: UUID) -> None:
    """Delete a ground truth. Raises NotFound."""
    await session.delete(await get_ground_truth(session, access.project_id, ground_truth_id))
    session.add(entry_of(access, "ground_truth_deleted", "ground_truth", ground_truth_id))
