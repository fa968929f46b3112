"""Members of a project and invites over HTTP. All of it is for admins."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from citewell.auth.dependencies import Admin, DatabaseParam, QueueParam, SettingsParam
from citewell.kit.answers import json_answer
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import mail_url
from citewell.models import User
from citewell.users import invites, members
from citewell.users.repository import invites as repository
from citewell.users.schemas import (
    EmailBody,
    InviteCreate,
    InviteOut,
    InviteStatus,
    MemberOut,
    MemberUpdate,
    NewInviteOut,
    invite_to_wire,
)

router = APIRouter(prefix="/projects/{project_id}")

Search = Annotated[str, Query(max_length=320, description="A part of the address.")]


@router.get("/users/", operation_id="listProjectUsers", response_model=Page[MemberOut], tags=["Users"])
async def list_users(access: Admin, database: DatabaseParam, paging: PagingParams, search: Search = "") -> Any:
    count, rows = await members.list_members(database, access, search.strip(), paging.limit, paging.offset)
    return json_answer(paging.page(count, rows))


@router.post("/users/remove-by-email/", operation_id="removeUserByEmail", status_code=204, tags=["Users"])
async def remove_user_by_email(access: Admin, database: DatabaseParam, request: EmailBody) -> Response:
    async with database.write() as session:
        await members.remove_by_email(session, access, request.email)
    return Response(status_code=204)


@router.patch("/users/{permission_id}/", operation_id="updateUserPermissions", response_model=MemberOut, tags=["Users"])
async def update_permissions(access: Admin, database: DatabaseParam, permission_id: UUID, request: MemberUpdate) -> Any:
    async with database.write() as session:
        found, user = await members.update_member(session, access, permission_id, request)
    return {"id": found.id, "user": user, "permissions": found.permissions, "profile": found.profile}


@router.delete("/users/{permission_id}/", operation_id="removeUser", status_code=204, tags=["Users"])
async def remove_user(access: Admin, database: DatabaseParam, permission_id: UUID) -> Response:
    """Remove a user from the project, by the id of their permissions or of the user."""
    async with database.write() as session:
        await members.remove_member(session, access, permission_id)
    return Response(status_code=204)


@router.get("/invites/", operation_id="listInvitations", response_model=Page[InviteOut], tags=["Invitations"])
async def list_invites(
    access: Admin,
    database: DatabaseParam,
    paging: PagingParams,
    status: InviteStatus | None = None,
    search: Search = "",
) -> Any:
    async with database.read() as session:
        count, rows = await repository.list_invites(
            session, access.project_id, status, search.strip(), paging.limit, paging.offset
        )
    return paging.page(count, [invite_to_wire(invite, user) for invite, user in rows])


@router.post(
    "/invites/invite/", operation_id="inviteUser", status_code=201, response_model=NewInviteOut, tags=["Invitations"]
)
async def invite_user(
    access: Admin,
    database: DatabaseParam,
    queue: QueueParam,
    settings: SettingsParam,
    request: InviteCreate,
    http: Request,
) -> Any:
    """Give an existing user access at once, or invite a person without an account."""
    async with database.write() as session:
        base_url = mail_url(http, settings)
        invite, known = await invites.add_invite(session, queue, access, request, base_url)
        inviter = await session.get(User, access.acting.user_id)
    return invite_to_wire(invite, inviter) | {"type": "existing_user" if known else "new_user"}


@router.delete("/invites/{invite_id}/", operation_id="cancelInvitation", status_code=204, tags=["Invitations"])
async def cancel_invite(access: Admin, database: DatabaseParam, invite_id: UUID) -> Response:
    async with database.write() as session:
        await invites.cancel(session, access, invite_id)
    return Response(status_code=204)
