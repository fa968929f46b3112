"""Proposals: changes to artifacts that interviews suggest, and that an admin accepts or rejects."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts import editing
from citewell.artifacts.content import Concept, Domain, Markdown, MentalMap, Playbook, Step
from citewell.artifacts.definitions import TextSlug
from citewell.artifacts.map_changes import AddConcept, AddDomain, UpdateConcept
from citewell.artifacts.schemas import MentalMapEdit, PlaybookEdit, TextEdit
from citewell.artifacts.service import begin_edit
from citewell.audit.actions import Action
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import Conflict, InvalidFields, NotFound
from citewell.interviews.talk import Learned
from citewell.kit.ids import new_id
from citewell.models import Interview, InterviewProposal
from citewell.search.analyse import analyse
from citewell.search.language import detect_language
from citewell.search.stopwords import STOP_WORDS

_MOST_STEP_NAME = 120
_COVERED = 0.6  # share of the words of a proposal that the expert said, so that it is applied unread


def propose(interview: Interview, learned: Sequence[Learned], message: int) -> list[InterviewProposal]:
    """Returns the rows of proposals, not yet stored.

    `message` is the index of the expert's answer in the transcript.
    """
    ids = sorted(new_id() for _ in learned)  # lists give those of one message in their order
    return [
        InterviewProposal(
            project_id=interview.project_id,
            id=proposal_id,
            interview_id=interview.id,
            slug=one.slug,
            content=one.content,
            quote=one.quote,
            message=message,
        )
        for proposal_id, one in zip(ids, learned, strict=True)
    ]


def in_experts_words(interview: Interview, found: Sequence[InterviewProposal]) -> list[InterviewProposal]:
    """Returns the proposals whose texts consist mostly of words that the expert said, or of the topic."""
    said = "\n".join(str(one["content"]) for one in interview.chat_history if one["role"] == "user")
    language = detect_language(said)
    known = set(analyse(f"{interview.topic}\n{said}", language))
    stop_words = set(analyse(" ".join(STOP_WORDS.get(language, ())), language))

    def is_covered(text: str) -> bool:
        # Not `query_terms`, which reads the beginning of a long text alone.
        terms = set(analyse(text, language))
        terms = terms - stop_words or terms
        return len(terms & known) >= _COVERED * len(terms)

    return [one for one in found if all(map(is_covered, _texts(one.content)))]


def _texts(content: dict[str, Any]) -> Iterator[str]:
    for value in content.values():
        yield from map(str, value) if isinstance(value, list) else (str(value),)


async def accept(
    session: AsyncSession, access: Access, interview: Interview, proposal_id: UUID, content: dict[str, Any] | None
) -> InterviewProposal:
    """Write a proposal into its artifact; `content` replaces its wording.

    Raises NotFound, Conflict for a decided one, InvalidFields for a content that the artifact cannot take.
    """
    proposal = await _undecided(session, interview, proposal_id)
    if content is not None:
        proposal.content = proposal.content | content
    try:
        proposal.artifact_version = await _apply(session, access, interview, proposal)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidFields({"content": [f"{place}: {first['msg']}"]}) from None
    return await _decide(session, access, proposal, "accepted")


async def reject(session: AsyncSession, access: Access, interview: Interview, proposal_id: UUID) -> InterviewProposal:
    """Reject a proposal. Raises NotFound, and Conflict for a decided one."""
    return await _decide(session, access, await _undecided(session, interview, proposal_id), "rejected")


async def _undecided(session: AsyncSession, interview: Interview, proposal_id: UUID) -> InterviewProposal:
    found = await session.get(InterviewProposal, (interview.project_id, proposal_id), with_for_update=True)
    if found is None or found.interview_id != interview.id:
        raise NotFound("There is no such proposal in this interview.")
    if found.status != "pending":
        raise Conflict(f"This proposal was {found.status} already, by {found.decided_by_email}.")
    return found


async def _decide(
    session: AsyncSession, access: Access, proposal: InterviewProposal, status: Literal["accepted", "rejected"]
) -> InterviewProposal:
    action: Action = "proposal_accepted" if status == "accepted" else "proposal_rejected"
    proposal.status, proposal.decided_by_email = status, access.acting.email
    session.add(entry_of(access, action, "interview", proposal.interview_id, artifact=proposal.slug))
    await session.flush()
    await session.refresh(proposal)
    return proposal


async def _apply(session: AsyncSession, access: Access, interview: Interview, proposal: InterviewProposal) -> int:
    """Returns the version of the artifact that has it."""
    content, slug = proposal.content, proposal.slug
    about = f" about {interview.topic}" if interview.topic else ""
    summary = f"From the interview with {interview.assigned_to_email}{about}"[:500]
    if slug == "playbooks":
        edit = PlaybookEdit(action="set", playbook=_playbook(content), change_summary=summary)
        told = await editing.edit_playbook(session, access, edit)
    elif slug == "mental_map":
        before = (await begin_edit(session, access, slug, None)).content
        assert isinstance(before, MentalMap)
        changes = _map_changes(before, content)
        told = await editing.edit_mental_map(
            session, access, MentalMapEdit(action="patch", changes=changes, change_summary=summary)
        )
    else:
        text_slug: TextSlug = "corpus_description" if slug == "corpus_description" else "general_knowledge"
        # Locked before it is read: another admin may accept a proposal to the same artifact now.
        now = (await begin_edit(session, access, text_slug, None)).content
        assert isinstance(now, Markdown)
        text = f"{now.text.rstrip()}\n- {content.get('statement', '')}\n".lstrip("\n")
        asked = TextEdit(action="set", content=text, change_summary=summary)
        told = await editing.edit_text(session, access, text_slug, asked)
    return int(told["version"])


def _playbook(content: dict[str, Any]) -> Playbook:
    """Steps are named by their first words; the whole line says what to do."""
    names: list[str] = []
    steps = []
    for text in content.get("steps") or ():
        line = str(text)
        name = line if len(line) <= _MOST_STEP_NAME else f"{line[: _MOST_STEP_NAME - 1].rstrip()}…"
        while name.casefold() in names or name == "EXIT":
            name = f"{name} ({len(names) + 1})"
        names.append(name.casefold())
        steps.append(Step(name=name, instructions=line if name != line else ""))
    return Playbook(name=str(content.get("name", "")), objective=str(content.get("objective") or ""), steps=steps)


def _map_changes(before: MentalMap, content: dict[str, Any]) -> list[Any]:
    """The concept in its domain, which is made if there is none; one of that name gets the description."""
    label, name = str(content.get("domain") or "General"), str(content.get("name", ""))
    description = str(content.get("description") or "")
    domain = next((one for one in before.domains if one.label.casefold() == label.casefold()), None)
    if domain is None:
        concept = Concept(name=name, description=description)
        return [AddDomain(op="add_domain", domain=Domain(label=label, concepts=[concept]))]
    if any(one.name.casefold() == name.casefold() for one in domain.concepts):
        return [UpdateConcept(op="update_concept", domain=domain.label, concept=name, description=description)]
    added = Concept(name=name, description=description)
    return [AddConcept(op="add_concept", domain=domain.label, concept=added)]
