"""Who a user is at an identity provider, and which sessions began there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base


class UserIdentity(Base):
    """A subject of an issuer, which is for ever the same user, also when their address changes."""

    __tablename__ = "user_identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ProviderSession(Base):
    """A session that began at a provider: signing out there ends it here. `sid` is the provider's name for it.

    Where the provider gave a refresh token, it is kept sealed, and tried at `check_at`: a session that the provider
    does not renew ends. `provider` is the provider's key in the settings.
    """

    __tablename__ = "provider_sessions"
    __table_args__ = (
        Index("ix_provider_sessions_subject", "issuer", "subject"),
        Index("ix_provider_sessions_check_at", "check_at", postgresql_where=text("check_at IS NOT NULL")),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    sid: Mapped[str | None]
    provider: Mapped[str | None]
    refresh_token: Mapped[bytes | None]
    check_at: Mapped[datetime | None]
