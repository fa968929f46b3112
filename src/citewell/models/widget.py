"""Conversations on other sites."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Widget(Base, Tenant):
    """An agent that visitors of some origins may ask. `user_id` is an account of its own, which nobody signs in with:
    the conversations are its, so a visitor reaches no others."""

    __tablename__ = "widgets"

    name: Mapped[str]
    agent_settings_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    origins: Mapped[list[str]]
    enabled: Mapped[bool] = mapped_column(default=True)
    questions_per_hour: Mapped[int]
    # Questions in the hour (since 1970) that was counted last.
    counted_hour: Mapped[int] = mapped_column(default=0)
    counted: Mapped[int] = mapped_column(default=0)
