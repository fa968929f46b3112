"""The wire format of signing in and of tokens."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from citewell.auth.passwords import LONGEST, SHORTEST
from citewell.users.routes import UserOut

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Given = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Chosen = Annotated[
    str,
    Field(
        max_length=LONGEST,
        description=f"{SHORTEST} to {LONGEST} characters; not the address, and none of the most common.",
    ),
]


class SignIn(BaseModel, extra="forbid"):
    email: Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=_PRINTABLE)]
    password: Given


class Register(BaseModel, extra="forbid"):
    invite: Annotated[str, Field(min_length=1, max_length=200, description="The secret of the link in the invitation.")]
    password: Chosen


class Setup(BaseModel, extra="forbid"):
    code: Annotated[str, Field(min_length=1, max_length=200, description="The secret of the link in the terminal.")]
    password: Chosen


class PasswordChange(BaseModel, extra="forbid"):
    current_password: Given
    new_password: Chosen


class SessionOut(BaseModel):
    """`csrf_token` goes into the header X-CSRF-Token of requests that change something; null for a token's caller."""

    user: UserOut
    csrf_token: str | None


class TokenCreate(BaseModel, extra="forbid"):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTABLE)]
    expires_at: Annotated[AwareDatetime | None, Field(description="With a time zone, and to come; null for never.")] = (
        None
    )


class TokenOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    """`token` is shown this once."""

    token: str


class TokenPageOut(BaseModel):
    """Who the caller is, and where tokens are made: `POST tokens_url`, or `page_url` in a browser."""

    user: UserOut
    tokens_url: str
    page_url: str
