"""Asking people about a topic: who is asked, and who sees it."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.errors import InvalidFields, NotFound
from citewell.interviews import repository
from citewell.interviews.repository import Person
from citewell.interviews.schemas import InterviewAssign
from citewell.kit.ids import new_id
from citewell.models import Interview
from citewell.notifications.service import Note, notify
from citewell.resources import Resources
from citewell.users.invites import AlreadyInvited, add_invite
from citewell.users.schemas import InviteCreate
from citewell.users.service import normalised


async def list_interviews(
    database: Database, access: Access, *, mine: bool, statuses: Sequence[str], text: str, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of interviews, page of them, newest first).

    Admins see all, others those that they answer or have asked for; `mine` limits admins to these, too. `text` is
    searched in topics, addresses and transcripts.
    """
    person = _person(access) if mine or not access.is_admin else None
    return await repository.list_interviews(database, access.project_id, person, statuses, text, limit, offset)


async def get_interview(database: Database, access: Access, interview_id: UUID) -> Any:
    """Returns an interview that the user may see. Raises NotFound."""
    person = None if access.is_admin else _person(access)
    found = await repository.find_interview(database, access.project_id, person, interview_id)
    if found is None:
        raise NotFound("There is no such interview in this project.")
    return found


def _person(access: Access) -> Person:
    return Person(access.acting.user_id, access.acting.email)


async def assign(
    session: AsyncSession, resources: Resources, access: Access, request: InterviewAssign, base_url: str
) -> list[UUID]:
    """Make an interview for each person, and tell or invite them; returns the interviews' ids. Raises InvalidFields."""
    members = await _members(session, access, request.assignee_ids)
    if request.write_scope == "global":
        await _check_global(session, access, request)
    emails = [*members, *(normalised(email) for email in request.invite_emails)]
    if not emails:
        raise InvalidFields({"assignee_ids": ["Name at least one user here, or an address in invite_emails."]})
    made = [_made(access, email, request) for email in dict.fromkeys(emails)]
    session.add_all(made)
    await session.flush()
    emails = [row.assigned_to_email for row in made]
    inside = await repository.emails_with_access(session, access.project_id, emails)
    users = await repository.users_by_email(session, emails)
    for row in made:
        if row.assigned_to_email not in inside:
            await _invite(resources, session, access, row, base_url)
        if (user_id := users.get(row.assigned_to_email)) is not None:
            await notify(session, access.project_id, user_id, _note(access, row))
        session.add(entry_of(access, "interview_assigned", "interview", row.id, email=row.assigned_to_email))
    return [row.id for row in made]


async def _check_global(session: AsyncSession, access: Access, request: InterviewAssign) -> None:
    """Refuses an interview of scope global for experts who are no admins, because it is applied at once.

    Raises InvalidFields.
    """
    if request.invite_emails:
        raise InvalidFields({"invite_emails": ["With write_scope global, name admins of the project in assignee_ids."]})
    admins = await repository.users_with(session, access.project_id, request.assignee_ids, Permission.ADMIN)
    if others := [str(one) for one in request.assignee_ids if one not in admins]:
        raise InvalidFields({"assignee_ids": [f"With write_scope global, all are admins; not: {', '.join(others)}."]})


def _made(access: Access, email: str, request: InterviewAssign) -> Interview:
    return Interview(
        project_id=access.project_id,
        id=new_id(),
        topic=request.topic,
        assigned_to_email=email,
        assigned_by=access.acting.user_id,
        write_scope=request.write_scope,
    )


async def _members(session: AsyncSession, access: Access, user_ids: Iterable[UUID]) -> list[str]:
    """Returns the addresses of the project's users with these ids.

    Raises InvalidFields that names those who are not.
    """
    wanted = list(dict.fromkeys(user_ids))
    emails = await repository.emails_of_members(session, access.project_id, wanted)
    if missing := [str(user_id) for user_id in wanted if user_id not in emails]:
        raise InvalidFields({"assignee_ids": [f"No users of this project: {', '.join(missing)}."]})
    return [emails[user_id] for user_id in wanted]


async def _invite(
    resources: Resources, session: AsyncSession, access: Access, interview: Interview, base_url: str
) -> None:
    """Invite the person who is asked to view the project, unless somebody else has done so."""
    body = InviteCreate(email=interview.assigned_to_email, permissions=[Permission.VIEW], profile="user")
    with contextlib.suppress(AlreadyInvited):
        await add_invite(session, resources.queue, access, body, base_url)


def _note(access: Access, interview: Interview) -> Note:
    topic = f" about \u201c{interview.topic}\u201d" if interview.topic else ""
    text = f"{access.acting.email} would like to hear what you know{topic}."
    values = {"by": access.acting.email, "topic": interview.topic or ""}
    title = "You are asked for an interview"
    return Note("interview_assigned", title, text, "interview_assigned", values, "interview", str(interview.id))
