"""Members of a project and invites on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from citewell.auth.permissions import Permission
from citewell.models import Invite, User

Profile = Literal["tech", "contributor", "user"]
InviteStatus = Literal["pending", "accepted", "cancelled"]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]
Permissions = Annotated[list[Permission], Field(max_length=20)]


class MemberUser(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    date_joined: datetime


class MemberOut(BaseModel):
    """A user's permissions in the project; `id` is that of the permissions, not of the user."""

    id: UUID
    user: MemberUser
    permissions: list[Permission]
    profile: Profile


class MemberUpdate(BaseModel, extra="forbid"):
    permissions: Permissions | None = None
    profile: Profile | None = None


class EmailBody(BaseModel, extra="forbid"):
    email: Email


class InviteCreate(EmailBody):
    permissions: Annotated[Permissions, Field(min_length=1)]
    profile: Profile = "contributor"


class InviteOut(BaseModel):
    id: UUID
    email: str
    permissions: list[Permission]
    status: InviteStatus
    created_at: datetime
    updated_at: datetime
    invited_by: MemberUser | None
    profile: Profile


class NewInviteOut(InviteOut):
    """`existing_user`: access was given at once. `new_user`: it is given when they sign in for the first time."""

    type: Literal["new_user", "existing_user"]


def invite_to_wire(invite: Invite, invited_by: User | None) -> dict[str, Any]:
    names = ("id", "email", "permissions", "status", "created_at", "updated_at", "profile")
    user = MemberUser.model_validate(invited_by) if invited_by is not None else None
    return {name: getattr(invite, name) for name in names} | {"invited_by": user}
