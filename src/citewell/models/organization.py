"""Organisations: who belongs to one, and the keys by which their systems provision users."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.kit.ids import new_id
from citewell.models.base import Base, Stamped


class Organization(Base, Stamped):
    """`allowed_provisioning_domains` are those of the addresses that its keys may provision. `group_permissions` says
    by the name of a group and project id what the members of a SCIM group may do."""

    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    allowed_provisioning_domains: Mapped[list[str]] = mapped_column(default=list)
    group_permissions: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OrganizationMember(Base):
    __tablename__ = "organization_members"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class OrganizationKey(Base):
    """A key that stands for the organisation, not for a user. Only its SHA-256 is kept."""

    __tablename__ = "organization_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    last_four: Mapped[str]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ScimResource(Base, Stamped):
    """A user or group as the organisation's directory sent it. `kind` is User or Group; `name` the userName or
    displayName in lower case; `user_id` the account of a user."""

    __tablename__ = "scim_resources"
    __table_args__ = (
        Index("uq_scim_resources_user", "organization_id", "name", unique=True, postgresql_where=text("kind = 'User'")),
        Index("ix_scim_resources_organization_id_kind_name", "organization_id", "kind", "name"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    name: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    data: Mapped[dict[str, Any]]
