"""Webhooks: where a project's events are sent, and each delivery."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Tenant


class Webhook(Base, Tenant):
    """An address that is told of events. Its secret is sealed; for a day after a change the former one signs, too."""

    __tablename__ = "webhooks"

    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    events: Mapped[list[str]]
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None]
    sealed_secret: Mapped[bytes]
    former_secret: Mapped[bytes | None]
    former_until: Mapped[datetime | None]
    # The time since which each attempt has failed; None after a success.
    failing_since: Mapped[datetime | None]


class WebhookDelivery(Base, Tenant):
    """An event on its way to one address: the outbox and the log. `state`: waiting, delivered, failed.

    Rows are inserted by the trigger function `queue_webhooks`, in the transaction of the event. `log` has an object for
    each attempt: at, status, error, milliseconds.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "webhook_id"], ["webhooks.project_id", "webhooks.id"], ondelete="CASCADE"),
        Index(
            "ix_webhook_deliveries_due",
            "project_id",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_deliveries_log", "project_id", "webhook_id", "created_at", "id"),
    )

    webhook_id: Mapped[UUID]
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    log: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
