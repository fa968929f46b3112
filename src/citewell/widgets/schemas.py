"""Widgets on the wire."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def _origin(text: str) -> str:
    lowered = text.strip().removesuffix("/").lower()
    if not _ORIGIN.fullmatch(lowered):
        raise ValueError(
            "An origin is a scheme and a host, with a port if it is not the default one: https://www.example.org"
        )
    # As browsers send it: without the port that the scheme implies.
    return lowered.removesuffix(":443") if lowered.startswith("https:") else lowered.removesuffix(":80")


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Origin = Annotated[str, Field(max_length=300), AfterValidator(_origin)]
Origins = Annotated[
    list[Origin], Field(min_length=1, max_length=20, description="Where its pages are, as https://www.example.org.")
]
PerHour = Annotated[int, Field(ge=1, le=100_000, description="How many questions are answered in an hour, in all.")]


class WidgetCreate(BaseModel, extra="forbid"):
    name: Name
    agent_settings: UUID
    origins: Origins
    enabled: bool = True
    questions_per_hour: PerHour = 300


class WidgetUpdate(BaseModel, extra="forbid"):
    """Fields that are left out keep their values."""

    name: Name | None = None
    agent_settings: UUID | None = None
    origins: Origins | None = None
    enabled: bool | None = None
    questions_per_hour: PerHour | None = None


class WidgetOut(BaseModel):
    """`name` is what visitors read above the conversation. `user_id` is the account that its conversations belong to.
    `tag` is what the pages of its origins need."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    agent_settings: UUID
    user_id: UUID
    origins: list[str]
    enabled: bool
    questions_per_hour: int
    tag: str
    created_at: datetime
    updated_at: datetime
