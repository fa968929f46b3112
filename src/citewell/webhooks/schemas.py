"""Webhooks on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Event = Literal["document.active", "document.failed", "run.ended", "feedback.given", "turn.finished"]
DeliveryState = Literal["waiting", "delivered", "failed"]
Events = Annotated[list[Event], Field(min_length=1, max_length=10, description="What the address is told of.")]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\s\x00]*$")]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]


class WebhookCreate(BaseModel, extra="forbid"):
    url: Url
    events: Events
    description: Description = ""
    enabled: bool = True


class WebhookUpdate(BaseModel, extra="forbid"):
    """Fields that are left out keep their values."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookOut(BaseModel):
    """`failing_since` is null unless the last attempt failed; `disabled_reason` says why the server switched it off."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


class NewWebhookOut(WebhookOut):
    """`secret` is shown in this answer alone."""

    secret: str


class SecretOut(BaseModel):
    """The former secret signs beside the new one until `former_until`."""

    secret: str
    former_until: datetime


class DeliveryOut(BaseModel):
    """`log` has an entry for each attempt, with the status of the answer or the reason why there was none."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    webhook_id: UUID
    event: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime
    log: list[dict[str, Any]]


class DeliveryDetails(DeliveryOut):
    """`body` is what was sent, byte for byte."""

    body: str


def delivery_to_wire(row: Any) -> dict[str, Any]:
    names = ("id", "webhook_id", "event", "state", "attempts", "created_at", "updated_at", "log")
    shown = {name: getattr(row, name) for name in names}
    return shown | {"next_attempt_at": row.next_attempt_at if row.state == "waiting" else None}
