"""Turns feedback into a ground truth: somebody's opinion of an answer becomes a question of the evaluation set."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.citations import LINK
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.repository.conditions import is_present
from citewell.documents.repository.visible import visible_ids
from citewell.errors import InvalidFields
from citewell.feedback.repository.reviewing import list_said
from citewell.feedback.service import get_changeable
from citewell.ground_truths.repository import find_of_feedback
from citewell.ground_truths.schemas import Expectations, ExpectedSource, GroundTruthCreate, Notes, Said
from citewell.ground_truths.service import create_ground_truth
from citewell.models import Feedback, GroundTruth, Message

_MOST_SOURCES = 10


class TruthOfFeedback(Expectations):
    """Fields that are left out are taken from the conversation."""

    query: Said | None = None
    answer: Said | None = None
    additional_notes: Notes | None = None


async def make_ground_truth(
    session: AsyncSession, access: Access, feedback_id: UUID, request: TruthOfFeedback
) -> tuple[GroundTruth, bool]:
    """Returns the ground truth, and whether it is new; the feedback counts as reviewed.

    Raises NotFound, Forbidden for feedback of others (admins may take any), and InvalidFields where question or answer
    are known to nobody.
    """
    feedback: Feedback = await get_changeable(session, access, Feedback, feedback_id)
    found = await find_of_feedback(session, access.project_id, feedback_id)
    feedback.status = "reviewed"
    if found is not None:
        return found, False
    question, answer = await _question_and_answer(session, feedback)
    taken = answer if feedback.is_positive and request.answer is None else None
    made = GroundTruthCreate(
        query=request.query or _needed(question.content if question else "", "query", "The question is not known."),
        answer=request.answer
        or _needed(
            LINK.sub("", taken.content) if taken else "",
            "answer",
            "The feedback does not say that the answer was right: say what the right answer is.",
        ),
        additional_notes=request.additional_notes or feedback.feedback,
        source_feedback_id=feedback_id,
        **{name: getattr(request, name) for name in Expectations.model_fields if name in request.model_fields_set},
    )
    if taken is not None and "expected_sources" not in request.model_fields_set:
        made = made.model_copy(update={"expected_sources": await _sources(session, taken)})
        made.model_fields_set.add("expected_sources")
    truth = await create_ground_truth(session, access, made)
    session.add(entry_of(access, "ground_truth_made", "ground_truth", truth.id, feedback=str(feedback_id)))
    return truth, True


def _needed(text: str, field: str, reason: str) -> str:
    if not text.strip():
        raise InvalidFields({field: [reason]})
    return text.strip().replace("\x00", "")


async def _question_and_answer(session: AsyncSession, feedback: Feedback) -> tuple[Message | None, Message | None]:
    """Returns the question and the answer that the feedback is about."""
    rows = await list_said(session, feedback)
    question = next((row for row in rows if row.role == "user"), None)
    return question, next((row for row in reversed(rows) if row.role == "assistant"), None)


async def _sources(session: AsyncSession, answer: Message) -> list[ExpectedSource]:
    """Returns the pages that the answer's verified citations stand on, each once.

    Pages of deleted documents are left out.
    """
    cited = [one for one in answer.extra.get("citations") or () if one.get("verified") and one.get("document_id")]
    documents = [UUID(one["document_id"]) for one in cited]
    present = set(await visible_ids(session, is_present(answer.project_id), documents))
    found: dict[Any, ExpectedSource] = {}
    for one in cited:
        if UUID(one["document_id"]) in present:
            source = ExpectedSource(document_id=one["document_id"], page=one.get("min_page"))
            found.setdefault((source.document_id, source.page), source)
    return list(found.values())[:_MOST_SOURCES]
