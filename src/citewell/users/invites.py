"""Invites: access at once for existing users, and at the first sign-in for others."""

import hashlib
import secrets
from uuid import UUID

import procrastinate
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, NotFound
from citewell.mail import Mail, queue_mail
from citewell.models import Invite, Project, User
from citewell.notifications.service import Note, notify
from citewell.users.members import check_grant, unique
from citewell.users.repository.invites import accept_invites
from citewell.users.repository.members import insert_member
from citewell.users.repository.users import find_user
from citewell.users.schemas import InviteCreate
from citewell.users.service import normalised


class AlreadyInvited(BadRequest):
    """The address has access to the project, or a pending invite."""


async def add_invite(
    session: AsyncSession, queue: procrastinate.App, access: Access, request: InviteCreate, base_url: str
) -> tuple[Invite, bool]:
    """Invite an address, and queue the mail; returns the invite, and whether the address has a user.

    Raises AlreadyInvited if that user has access, or the address has a pending invite.
    """
    email, permissions = normalised(request.email), unique(request.permissions)
    check_grant(access, permissions)
    user = await find_user(session, email)
    made = Invite(
        project_id=access.project_id,
        email=email,
        permissions=permissions,
        profile=request.profile,
        invited_by=access.acting.user_id,
        status="pending" if user is None else "accepted",
    )
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        if "uq_invites_pending" not in str(error.orig):
            raise
        raise AlreadyInvited(f"{email} has been invited already: cancel that invite to change it.") from None
    project = await session.get_one(Project, access.project_id)
    if user is None:
        secret = secrets.token_urlsafe(32)
        made.secret_hash = hashlib.sha256(secret.encode()).digest()
        await queue_mail(session, queue, _mail_to_new(access, project, email, base_url, secret))
    else:
        if not await _grant(session, made, user.id):
            raise AlreadyInvited(f"{email} has access to this project already.")
        await _tell(session, access, project, made, user)
        await queue_mail(session, queue, _mail_to_known(access, project, email, base_url))
    session.add(entry_of(access, "user_invited", "invite", made.id, email=email, permissions=permissions))
    await session.flush()
    await session.refresh(made)
    return made, user is not None


async def cancel(session: AsyncSession, access: Access, invite_id: UUID) -> None:
    found = await session.get(Invite, (access.project_id, invite_id), with_for_update=True)
    if found is None:
        raise NotFound("There is no such invite in this project.")
    if found.status != "pending":
        raise BadRequest(f"Only pending invites can be cancelled: this one is {found.status}.")
    found.status, found.secret_hash = "cancelled", None
    session.add(entry_of(access, "invite_cancelled", "invite", found.id, email=found.email))


async def honour_invites(session: AsyncSession, user: User) -> int:
    """Grant a user what pending invites promise to their address; returns the number of invites.

    Call it when a user has proven that the address is theirs, and when an operator creates one.
    """
    invites = await accept_invites(session, user.email)
    for found in invites:
        await _grant(session, found, user.id)
    return len(invites)


async def _grant(session: AsyncSession, invite: Invite, user_id: UUID) -> bool:
    """False if the user has access already."""
    return await insert_member(session, invite.project_id, user_id, invite.permissions, invite.profile)


async def _tell(session: AsyncSession, access: Access, project: Project, invite: Invite, user: User) -> None:
    text = f"{access.acting.email} gave you access to the project \u201c{project.name}\u201d."
    values = {"by": access.acting.email, "project": project.name}
    note = Note("project_invite", "You have a new project", text, "project_invite", values, "invite", str(invite.id))
    await notify(session, project.id, user.id, note)


def _mail_to_known(access: Access, project: Project, email: str, base_url: str) -> Mail:
    text = f"{access.acting.email} gave you access to the project \u201c{project.name}\u201d.\n\nIt is at {base_url}/\n"
    return Mail(email, f"You have access to {project.name}", text)


def _mail_to_new(access: Access, project: Project, email: str, base_url: str, secret: str) -> Mail:
    text = (
        f"{access.acting.email} invites you to the project \u201c{project.name}\u201d.\n\n"
        f"Choose a password here to accept:\n{base_url}/register?invite={secret}\n\n"
        "Whoever has this link can use it: do not pass it on.\n"
        "If you did not expect this mail, there is nothing to do.\n"
    )
    return Mail(email, f"Invitation to {project.name}", text)
