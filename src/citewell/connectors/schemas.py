"""Sources on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from citewell.connectors.kinds import KindName

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Minutes = Annotated[int, Field(ge=5, le=43_200, description="Between two syncs; null: on demand only.")]
ItemState = Literal["pending", "done", "failed"]


class SourceCreate(BaseModel, extra="forbid"):
    """`config` and `credentials` are those of the kind: docs/sources.md has them."""

    kind: KindName
    name: Name
    config: dict[str, Any]
    credentials: dict[str, Any] | None = None
    every_minutes: Minutes | None = None
    enabled: bool = True


class SourceUpdate(BaseModel, extra="forbid"):
    """Fields that are left out keep their values. A new address needs its credentials sent again."""

    name: Name | None = None
    config: dict[str, Any] | None = None
    credentials: dict[str, Any] | None = None
    every_minutes: Minutes | None = None
    enabled: bool | None = None


class SyncStart(BaseModel, extra="forbid"):
    """`allow_empty`: delete everything if the source has nothing any more."""

    allow_empty: bool = False


class SyncOut(BaseModel):
    """`state`: running, completed, failed. The numbers are those of documents. Where the listing is not complete,
    nothing was deleted."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    source_id: UUID
    state: str
    phase: str
    error: str | None
    added: int
    changed: int
    unchanged: int
    deleted: int
    failed: int
    is_complete: bool
    created_at: datetime
    ended_at: datetime | None


class SourceOut(BaseModel):
    """Credentials are never shown."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    name: str
    config: dict[str, Any]
    has_credentials: bool
    every_minutes: int | None
    next_sync_at: datetime | None
    enabled: bool
    last_sync: SyncOut | None
    created_at: datetime
    updated_at: datetime


class ItemOut(BaseModel):
    """A thing of the source; `error` says why it failed."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    state: ItemState
    error: str | None
    document_id: UUID | None
    updated_at: datetime
