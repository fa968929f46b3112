"""Holding an interview: the expert answers, the interviewer replies, and what was learned is proposed.

What the expert says is stored before the interviewer thinks about it, so nothing that was acknowledged is lost; no
transaction is open while a model answers. Where a reply did not come, saying nothing asks for it again.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import ModelError
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, Conflict, Forbidden, NotFound, Unavailable
from citewell.interviews import proposals, repository
from citewell.interviews.modelled import ModelInterviewer
from citewell.interviews.questions import PlannedInterviewer
from citewell.interviews.talk import Interviewer, InterviewState, Passage, Reply
from citewell.kit.time import now
from citewell.models import Interview, Project
from citewell.notifications.service import Note, notify
from citewell.resources import Resources
from citewell.search.filters import SearchFilter

MAX_MESSAGES = 200
_PASSAGES = 6
_LONGEST_REPLY = timedelta(minutes=2)  # after which a server that replied is taken for dead
_EXTRACTIVE = "extractive"


async def speak(resources: Resources, access: Access, interview_id: UUID, said: str, base_url: str) -> None:
    """Store what the expert says, and what the interviewer replies. The first call begins the interview.

    Raises NotFound, Forbidden for anybody but who is asked, Conflict for one that is completed, or while a reply is
    under way, and Unavailable if the model does not answer.
    """
    async with resources.database.write() as session:
        interview = await _to_be_held(session, access, interview_id)
        _say(session, access, interview, said)
        history = list(interview.chat_history)
        if history and history[-1]["role"] == "assistant":
            return  # nothing was said since
        interview.replying_since = since = now()
        project = await session.get_one(Project, access.project_id)
    try:
        await _reply(resources, interview, project, base_url)
    finally:
        async with resources.database.write() as session:
            await repository.end_reply(session, access.project_id, interview_id, since)


async def _reply(resources: Resources, interview: Interview, project: Project, base_url: str) -> None:
    """Ask the interviewer, and store the reply with what was learned. Raises Unavailable."""
    history = list(interview.chat_history)
    answer = str(history[-1]["content"]) if history else ""
    passages = await _passages(resources, interview, answer, base_url)
    model = resources.model_of(project.id, project.settings.get("default_llm_model", ""))
    interviewer: Interviewer = PlannedInterviewer() if model.name == _EXTRACTIVE else ModelInterviewer(model)
    state = InterviewState(interview.topic, project.business_brief, history, answer, passages)
    try:
        reply = await interviewer.reply(state)
    except ModelError as error:
        raise Unavailable(f"What you said is kept. {error.message} Ask again with an empty message.") from None
    async with resources.database.write() as session:
        current = await session.get(Interview, (project.id, interview.id), with_for_update=True)
        if current is None or len(current.chat_history) != len(history) or current.status == "completed":
            return  # the expert went on, and that is answered
        current.chat_history = [*current.chat_history, _message(reply)]
        session.add_all(proposals.propose(current, reply.learned, len(history) - 1))


async def complete(session: AsyncSession, access: Access, interview_id: UUID) -> None:
    """End the interview, and tell the user who asked for it.

    In an interview of scope global, whose expert is an admin, what was learned is applied at once if the expert said it
    in these words. The rest waits for a decision: a model wrote it, and a document may have told the model what to
    write. Raises NotFound, Conflict, and Forbidden for all but the expert and admins.
    """
    interview = await _open(session, access, interview_id)
    if not access.is_admin and access.acting.email != interview.assigned_to_email:
        raise Forbidden("Only the person who is interviewed, or an admin, can complete an interview.")
    interview.status = "completed"
    session.add(entry_of(access, "interview_completed", "interview", interview.id))
    found = await repository.list_pending_proposals(session, interview)
    applies_at_once = interview.write_scope == "global" and access.is_admin
    applied = proposals.in_experts_words(interview, found) if applies_at_once else []
    for proposal in applied:
        await proposals.accept(session, access, interview, proposal.id, None)
    left = len(found) - len(applied)
    if interview.assigned_by is not None and (left or not applies_at_once):
        await notify(session, access.project_id, interview.assigned_by, _note(interview, left))


async def find_interview(session: AsyncSession, access: Access, interview_id: UUID, *, lock: bool = True) -> Interview:
    """Raises NotFound, also for one that the user may not see."""
    found = await session.get(Interview, (access.project_id, interview_id), with_for_update=lock or None)
    seen = found is not None and (
        access.is_admin or found.assigned_to_email == access.acting.email or found.assigned_by == access.acting.user_id
    )
    if found is None or not seen:
        raise NotFound("There is no such interview in this project.")
    return found


async def _open(session: AsyncSession, access: Access, interview_id: UUID) -> Interview:
    interview = await find_interview(session, access, interview_id)
    if interview.status == "completed":
        raise Conflict("This interview is completed.")
    return interview


async def _to_be_held(session: AsyncSession, access: Access, interview_id: UUID) -> Interview:
    interview = await find_interview(session, access, interview_id)
    if interview.assigned_to_email != access.acting.email:
        raise Forbidden(f"Only {interview.assigned_to_email} is asked in this interview.")
    if interview.status == "completed":
        raise Conflict("This interview is completed.")
    since = interview.replying_since
    if since is not None and now() - since < _LONGEST_REPLY:
        raise Conflict("The interviewer is replying: wait for the reply, then go on.")
    return interview


def _say(session: AsyncSession, access: Access, interview: Interview, said: str) -> None:
    if interview.status == "pending":
        interview.status = "in_progress"
        session.add(entry_of(access, "interview_begun", "interview", interview.id))
    if not said:
        return
    if not interview.chat_history:
        raise BadRequest("Begin with an empty message: the interviewer asks first.")
    if len(interview.chat_history) >= MAX_MESSAGES:
        raise BadRequest(f"An interview has {MAX_MESSAGES} messages at most: complete it.")
    message = {"role": "user", "content": said, "created_at": now().isoformat()}
    interview.chat_history = [*interview.chat_history, message]


async def _passages(resources: Resources, interview: Interview, answer: str, base_url: str) -> list[Passage]:
    """Returns what the documents say on an answer: the project's, and those that are local to the interview."""
    if not answer:
        return []
    project_id, narrowed = interview.project_id, SearchFilter.of(local_to=[interview.id])
    hits = await resources.retriever.search(project_id, answer[:2000], limit=_PASSAGES, narrowed=narrowed)
    return [
        Passage(
            hit.content,
            hit.document_id,
            hit.document_name,
            hit.chunk_id,
            f"{base_url}/{project_id}/reference/{hit.chunk_id}",
        )
        for hit in hits
    ]


def _message(reply: Reply) -> dict[str, Any]:
    found = [msgspec.to_builtins(one) for one in reply.contradictions]
    return {
        "role": "assistant",
        "content": reply.text,
        "created_at": now().isoformat(),
        "asks": reply.asks,
        "contradictions": [
            {"said": one["said"], "quote": one["quote"], **{k: v for k, v in one["passage"].items() if k != "text"}}
            for one in found
        ],
        "is_last": reply.is_last,
    }


def _note(interview: Interview, count: int) -> Note:
    topic = f" about \u201c{interview.topic}\u201d" if interview.topic else ""
    changes = "1 change is" if count == 1 else f"{count} changes are"
    text = f"{interview.assigned_to_email} completed the interview{topic}: {changes} proposed."
    values: dict[str, str | int] = {"by": interview.assigned_to_email, "topic": interview.topic or "", "changes": count}
    title = "An interview is completed"
    return Note("interview_completed", title, text, "interview_completed", values, "interview", str(interview.id))
