"""Asking people about a topic: who is asked, and who sees it."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.db.words import containing
from citewell.errors import InvalidFields, NotFound
from citewell.interviews.schemas import InterviewAssign
from citewell.kit.ids import new_id
from citewell.models import Interview, ProjectPermission, User
from citewell.notifications.service import Note, notify
from citewell.resources import Resources
from citewell.users.invites import AlreadyInvited, add_invite
from citewell.users.schemas import InviteCreate
from citewell.users.service import normalised

_COLUMNS = (
    "i.id, i.topic, i.chat_history, i.assigned_to_email, i.assigned_by, i.write_scope, i.status, i.created_at,"
    " i.updated_at,"
    " ARRAY(SELECT d.id FROM documents d WHERE d.project_id = i.project_id AND d.local_to = i.id"
    " AND d.status = 'active' ORDER BY d.id) AS local_documents,"
    " asked.id AS assigned_to, asking.email AS assigned_by_email,"
    " EXISTS (SELECT FROM invites v WHERE v.project_id = i.project_id AND v.email = i.assigned_to_email"
    " AND v.status = 'pending') AS is_pending_invite"
)
_CONCERNED = "(i.assigned_to_email = %(user_email)s OR i.assigned_by = %(user)s)"
_JOINS = (
    "LEFT JOIN users asked ON asked.email = i.assigned_to_email LEFT JOIN users asking ON asking.id = i.assigned_by"
)


async def list_interviews(
    database: Database, access: Access, *, mine: bool, statuses: Sequence[str], text: str, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """The number of interviews, and a page of them, newest first.

    Admins see all, others those that they answer or have asked for; `mine` limits admins to these, too. `text` is
    searched in topics, addresses and transcripts.
    """
    selection = _visible(access)
    if mine:
        selection.where(_CONCERNED, user_email=access.acting.email, user=access.acting.user_id)
    if statuses:
        selection.where("i.status = ANY(%(statuses)s)", statuses=list(statuses))
    if text:
        said = "EXISTS (SELECT FROM jsonb_array_elements(i.chat_history) m WHERE m ->> 'content' ILIKE %(like)s)"
        like = containing(text)
        selection.where(f"(i.topic ILIKE %(like)s OR i.assigned_to_email ILIKE %(like)s OR {said})", like=like)
    return await read_page(database, selection, limit, offset)


async def get_interview(database: Database, access: Access, interview_id: UUID) -> Any:
    """An interview that the user may see. Raises NotFound."""
    selection = _visible(access)
    selection.where("i.id = %(id)s", id=interview_id)
    _, rows = await read_page(database, selection, 1, 0)
    if not rows:
        raise NotFound("There is no such interview in this project.")
    return rows[0]


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
    inside, users = await _with_access(session, access.project_id, emails), await _users(session, emails)
    for row in made:
        if row.assigned_to_email not in inside:
            await _invite(resources, session, access, row, base_url)
        if (user_id := users.get(row.assigned_to_email)) is not None:
            await notify(session, access.project_id, user_id, _note(access, row))
        session.add(entry_of(access, "interview_assigned", "interview", row.id, email=row.assigned_to_email))
    return [row.id for row in made]


async def _check_global(session: AsyncSession, access: Access, request: InterviewAssign) -> None:
    """What is learned in an interview of scope global is applied at once, so admins alone are asked. Raises
    InvalidFields."""
    if request.invite_emails:
        raise InvalidFields({"invite_emails": ["With write_scope global, name admins of the project in assignee_ids."]})
    query = select(ProjectPermission.user_id).where(
        ProjectPermission.project_id == access.project_id,
        ProjectPermission.user_id.in_(request.assignee_ids),
        ProjectPermission.permissions.contains([Permission.ADMIN]),
    )
    admins = set(await session.scalars(query))
    if others := [str(one) for one in request.assignee_ids if one not in admins]:
        raise InvalidFields({"assignee_ids": [f"With write_scope global, all are admins; not: {', '.join(others)}."]})


def _visible(access: Access) -> Selection:
    selection = Selection(_COLUMNS, "interviews i", "i.id DESC", _JOINS)
    selection.where("i.project_id = %(project)s", project=access.project_id)
    if not access.is_admin:
        selection.where(_CONCERNED, user_email=access.acting.email, user=access.acting.user_id)
    return selection


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
    """The addresses of the project's users with these ids. Raises InvalidFields that names those who are not."""
    wanted = list(dict.fromkeys(user_ids))
    query = (
        select(User.id, User.email)
        .join(ProjectPermission, ProjectPermission.user_id == User.id)
        .where(ProjectPermission.project_id == access.project_id, User.id.in_(wanted))
    )
    emails = {row.id: row.email for row in await session.execute(query)}
    if missing := [str(user_id) for user_id in wanted if user_id not in emails]:
        raise InvalidFields({"assignee_ids": [f"No users of this project: {', '.join(missing)}."]})
    return [emails[user_id] for user_id in wanted]


async def _with_access(session: AsyncSession, project_id: UUID, emails: Sequence[str]) -> set[str]:
    query = (
        select(User.email)
        .join(ProjectPermission, ProjectPermission.user_id == User.id)
        .where(ProjectPermission.project_id == project_id, User.email.in_(emails))
    )
    return set(await session.scalars(query))


async def _users(session: AsyncSession, emails: Sequence[str]) -> dict[str, UUID]:
    query = select(User.email, User.id).where(User.email.in_(emails))
    return {row.email: row.id for row in await session.execute(query)}


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
