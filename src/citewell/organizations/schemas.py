"""Organisations on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from citewell.kit.addresses import is_address
from citewell.users.schemas import Email, Permissions

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def _domain(value: str) -> str:
    value = value.strip().lower().removeprefix("@")
    if not is_address(f"name@{value}"):
        raise ValueError(f"{value[:100]!r} is not the domain of an address: write it like example.org.")
    return value


Domains = Annotated[list[Annotated[str, AfterValidator(_domain)]], Field(max_length=100)]
GroupPermissions = Annotated[dict[Name, dict[UUID, Permissions]], Field(max_length=500)]


class OrganizationCreate(BaseModel, extra="forbid"):
    name: Name
    allowed_provisioning_domains: Domains = []


class OrganizationUpdate(BaseModel, extra="forbid"):
    """`group_permissions`: what the members of a SCIM group may do, by the group's name and project id."""

    name: Name | None = None
    allowed_provisioning_domains: Domains | None = None
    group_permissions: GroupPermissions | None = None


class OrganizationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    allowed_provisioning_domains: list[str]
    group_permissions: dict[str, dict[str, list[str]]]
    created_at: datetime


class OrganizationMemberOut(BaseModel):
    """`is_active`: false after the account was deactivated."""

    user_id: UUID
    email: str
    is_admin: bool
    is_active: bool
    created_at: datetime


class OrganizationAdminUpdate(BaseModel, extra="forbid"):
    is_admin: bool


class KeyCreate(BaseModel, extra="forbid"):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class KeyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    last_four: str
    created_at: datetime


class NewKeyOut(KeyOut):
    """`key` is shown in this answer and never again."""

    key: str


class ProvisionBody(BaseModel, extra="forbid"):
    email: Email


class ProvisionedOut(BaseModel):
    user_id: UUID
    email: str
    created: bool
    reactivated: bool


class DeprovisionedOut(BaseModel):
    deprovisioned: bool
    deactivated: bool
