"""The SQL of interviews: lists of them, their proposals, and the people who are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page, select_page
from citewell.db.words import containing
from citewell.models import Interview, InterviewProposal, ProjectPermission, User

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


class Person(NamedTuple):
    """Who answers interviews, by the address, or has asked for them, by the id."""

    user_id: UUID
    email: str


async def list_interviews(
    database: Database,
    project_id: UUID,
    person: Person | None,
    statuses: Sequence[str],
    text: str,
    limit: int,
    offset: int,
) -> tuple[int, list[Any]]:
    """Returns (number of interviews that the person answers or has asked for (None: of all), page of them),
    newest first. `statuses` and `text` narrow them where they are not empty.
    """
    selection = _interviews(project_id, person)
    if statuses:
        selection.where("i.status = ANY(%(statuses)s)", statuses=list(statuses))
    if text:
        said = "EXISTS (SELECT FROM jsonb_array_elements(i.chat_history) m WHERE m ->> 'content' ILIKE %(like)s)"
        like = containing(text)
        selection.where(f"(i.topic ILIKE %(like)s OR i.assigned_to_email ILIKE %(like)s OR {said})", like=like)
    return await read_page(database, selection, limit, offset)


async def find_interview(database: Database, project_id: UUID, person: Person | None, interview_id: UUID) -> Any:
    """Returns one row with the columns of a list; None if this person (None: anybody) has no such interview."""
    selection = _interviews(project_id, person)
    selection.where("i.id = %(id)s", id=interview_id)
    _, rows = await read_page(database, selection, 1, 0)
    return rows[0] if rows else None


def _interviews(project_id: UUID, person: Person | None) -> Selection:
    selection = Selection(_COLUMNS, "interviews i", "i.id DESC", _JOINS)
    selection.where("i.project_id = %(project)s", project=project_id)
    if person is not None:
        selection.where(_CONCERNED, user_email=person.email, user=person.user_id)
    return selection


async def end_reply(session: AsyncSession, project_id: UUID, interview_id: UUID, since: datetime) -> None:
    """Note that the reply that began at this time is no longer under way."""
    mine = (Interview.project_id == project_id) & (Interview.id == interview_id)
    ended = update(Interview).where(mine, Interview.replying_since == since)
    await session.execute(ended.values(replying_since=None))


async def list_proposals(
    session: AsyncSession, project_id: UUID, interview_id: UUID, limit: int, offset: int
) -> tuple[int, list[InterviewProposal]]:
    """Returns (number of proposals, page of them), in the order in which they came up."""
    query = select(InterviewProposal).where(
        InterviewProposal.project_id == project_id, InterviewProposal.interview_id == interview_id
    )
    return await select_page(session, query, limit, offset, InterviewProposal.message, InterviewProposal.id)


async def list_pending_proposals(session: AsyncSession, interview: Interview) -> list[InterviewProposal]:
    """Returns the proposals that are not decided, in the order in which they came up."""
    query = select(InterviewProposal).where(
        InterviewProposal.project_id == interview.project_id,
        InterviewProposal.interview_id == interview.id,
        InterviewProposal.status == "pending",
    )
    return list(await session.scalars(query.order_by(InterviewProposal.message, InterviewProposal.id)))


async def users_with(session: AsyncSession, project_id: UUID, user_ids: Sequence[UUID], permission: str) -> set[UUID]:
    """Returns which of the users have the permission in the project."""
    query = select(ProjectPermission.user_id).where(
        ProjectPermission.project_id == project_id,
        ProjectPermission.user_id.in_(user_ids),
        ProjectPermission.permissions.contains([permission]),
    )
    return set(await session.scalars(query))


async def emails_of_members(session: AsyncSession, project_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Returns the addresses of those of the users who have access to the project, by their ids."""
    query = (
        select(User.id, User.email)
        .join(ProjectPermission, ProjectPermission.user_id == User.id)
        .where(ProjectPermission.project_id == project_id, User.id.in_(user_ids))
    )
    return {row.id: row.email for row in await session.execute(query)}


async def emails_with_access(session: AsyncSession, project_id: UUID, emails: Sequence[str]) -> set[str]:
    """Returns which of the addresses are those of users with access to the project."""
    query = (
        select(User.email)
        .join(ProjectPermission, ProjectPermission.user_id == User.id)
        .where(ProjectPermission.project_id == project_id, User.email.in_(emails))
    )
    return set(await session.scalars(query))


async def users_by_email(session: AsyncSession, emails: Sequence[str]) -> dict[str, UUID]:
    """Returns the ids of users, by their addresses."""
    query = select(User.email, User.id).where(User.email.in_(emails))
    return {row.email: row.id for row in await session.execute(query)}
