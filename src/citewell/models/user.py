"""People and the tokens that they call the API with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from citewell.kit.ids import new_id
from citewell.models.base import Base


class User(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)  # always in lower case
    is_superuser: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None]  # Argon2id; without one nobody signs in with a password
    deactivated_at: Mapped[datetime | None]  # until activated again: no credentials of theirs are good
    # Null for an account that an operator deactivated: no organisation may activate it.
    deactivated_by_organization_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="SET NULL")
    )
    date_joined: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Token(Base):
    """An API token. Only its SHA-256 is kept: the token is 32 random bytes, so nothing slower is needed."""

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    last_four: Mapped[str] = mapped_column(default="")  # characters, to tell one token from another
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UserSession(Base):
    """A signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginFailures(Base):
    """Failed sign-ins of one address or of one network peer, counted until one succeeds or time has passed."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    blocked_until: Mapped[datetime | None]
