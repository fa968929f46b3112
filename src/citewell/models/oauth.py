"""Programs that act for people: OAuth 2.1 clients, what was granted to them, and their tokens.

Secrets are stored as their SHA-256. Revoking a grant ends every code and token that came of it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from citewell.kit.ids import new_id
from citewell.models.base import Base, Stamped


class OAuthClient(Base, Stamped):
    """A program. Its id is one that we gave (`registered`), or the address of its metadata document (`document`)."""

    __tablename__ = "oauth_clients"
    __table_args__ = (Index("ix_oauth_clients_registered_from", "registered_from", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    redirect_uris: Mapped[list[str]]
    auth_method: Mapped[str] = mapped_column(default="none")
    secret_hash: Mapped[bytes | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    registered_from: Mapped[str] = mapped_column(default="")  # the peer's network, to bound registrations
    fetched_at: Mapped[datetime | None]


class OAuthGrant(Base, Stamped):
    """What a person allowed a program: `projects` (null: all of the person's), `scopes`, and one `resource`."""

    __tablename__ = "oauth_grants"
    __table_args__ = (Index("ix_oauth_grants_user_id", "user_id"), Index("ix_oauth_grants_client_id", "client_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scopes: Mapped[list[str]]
    resource: Mapped[str]
    projects: Mapped[list[UUID] | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OAuthSecret(Base):
    """A code, access token or refresh token of a grant (`kind`). One that is used up stays until it expires, so that
    a second use is recognised."""

    __tablename__ = "oauth_secrets"
    __table_args__ = (
        Index("ix_oauth_secrets_grant_id", "grant_id"),
        Index("ix_oauth_secrets_expires_at", "expires_at"),
    )

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id", ondelete="CASCADE"))
    kind: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    redirect_uri: Mapped[str | None]  # of a code
    challenge: Mapped[str | None]  # of a code: PKCE, S256
