"""Artifacts on the wire: how they are read, and how an edit is asked for."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from citewell.artifacts.content import DesignTemplate, Line, MentalMap, Name, Playbook, Text
from citewell.artifacts.definitions import overview
from citewell.artifacts.map_changes import MentalMapChange
from citewell.artifacts.playbook_changes import PlaybookChange
from citewell.artifacts.service import Artifact
from citewell.artifacts.text_changes import TextChange

_MOST_CHANGES = 200


class Edit(BaseModel, extra="forbid"):
    """The fields of every edit.

    `base_version` is the version that was read; if there is a newer one, the edit is refused.
    """

    change_summary: Annotated[Line, Field(description="What was changed, and why; it stands in the changelog.")] = ""
    base_version: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None


class TextEdit(Edit):
    """get; set with `content`, which replaces the text; patch with `changes`."""

    action: Literal["get", "set", "patch"]
    content: Text | None = None
    changes: Annotated[list[TextChange], Field(max_length=_MOST_CHANGES)] = []

    @model_validator(mode="after")
    def _complete(self) -> "TextEdit":
        _needs(self.action == "set", content=self.content)
        _needs(self.action == "patch", changes=self.changes or None)
        return self


class PlaybookEdit(Edit):
    """list; get and delete with `playbook_name`; set with `playbook`, new or in place of the one of that name; patch
    with `playbook_name` and `changes`."""

    action: Literal["list", "get", "set", "patch", "delete"]
    playbook_name: Annotated[Name | None, Field(description="Its name or its id.")] = None
    playbook: Playbook | None = None
    changes: Annotated[list[PlaybookChange], Field(max_length=_MOST_CHANGES)] = []

    @model_validator(mode="after")
    def _complete(self) -> "PlaybookEdit":
        _needs(self.action in ("get", "patch", "delete"), playbook_name=self.playbook_name)
        _needs(self.action == "set", playbook=self.playbook)
        _needs(self.action == "patch", changes=self.changes or None)
        return self


class MentalMapEdit(Edit):
    """get; set with `content`, which replaces the map; patch with `changes`."""

    action: Literal["get", "set", "patch"]
    content: MentalMap | None = None
    changes: Annotated[list[MentalMapChange], Field(max_length=_MOST_CHANGES)] = []

    @model_validator(mode="after")
    def _complete(self) -> "MentalMapEdit":
        _needs(self.action == "set", content=self.content)
        _needs(self.action == "patch", changes=self.changes or None)
        return self


class DesignTemplateEdit(Edit):
    """list; get and delete with `template_name`; upsert with `template`. Deleting a template deletes its files."""

    action: Literal["list", "get", "upsert", "delete"]
    template_name: Annotated[Name | None, Field(description="Its name or its id.")] = None
    template: DesignTemplate | None = None

    @model_validator(mode="after")
    def _complete(self) -> "DesignTemplateEdit":
        _needs(self.action in ("get", "delete"), template_name=self.template_name)
        _needs(self.action == "upsert", template=self.template)
        return self


def _needs(wanted: bool, **fields: Any) -> None:
    for name, value in fields.items():
        if wanted and value is None:
            raise ValueError(f"This action needs {name}.")


class ArtifactSummary(BaseModel):
    """`content_overview`: the beginning of a text, else the names of what is in it. Version 0: not written yet."""

    slug: str
    title: str
    technical_type: str
    purpose: str
    version: int
    updated_at: datetime | None
    updated_by: str
    content_overview: Any


class ArtifactOut(ArtifactSummary):
    content: dict[str, Any]


class EditOut(BaseModel):
    """`content` is what the action gives: the artifact, or the one item of it that was named. `ui_url` opens the page
    where files of a template are uploaded. `ontology_changes` are the names of domains, concepts and relations that an
    edit of the mental map has added, changed or removed."""

    action: str
    slug: str
    version: int
    change_summary: str
    content: Any
    ui_url: str | None = None
    ontology_changes: dict[str, list[str]] | None = None


class ArtifactDefinition(BaseModel):
    """What an artifact is for, how it is written, and what belongs into it."""

    slug: str
    title: str
    technical_type: str
    purpose: str
    format: str
    capture_discipline: str
    json_schema: dict[str, Any]


class VersionSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    slug: str
    version: int
    change_summary: str
    changes: list[Any]
    created_by: UUID | None
    author_email: str
    created_at: datetime


class VersionOut(VersionSummary):
    content: dict[str, Any]


class ChangelogEntry(BaseModel):
    """`kind`: artifact_edit, with `slug` and `version`; document_upload and document_sync, with `pipeline_run_id`."""

    at: datetime
    kind: Literal["artifact_edit", "document_upload", "document_sync"]
    title: str
    summary: str
    author_email: str
    slug: str | None
    version: int | None
    pipeline_run_id: UUID | None


class TemplateFileOut(BaseModel):
    """`signed_url` gives the file without a token, for a while."""

    id: UUID
    template_id: UUID
    name: str
    content_type: str
    file_size: int
    signed_url: str
    created_at: datetime


def head(artifact: Artifact) -> dict[str, Any]:
    """Returns the artifact without its content."""
    one = artifact.definition
    return {
        "slug": one.slug,
        "title": one.title,
        "technical_type": one.technical_type,
        "purpose": one.purpose,
        "version": artifact.version,
    }


def summary(artifact: Artifact) -> dict[str, Any]:
    return head(artifact) | {
        "updated_at": artifact.updated_at,
        "updated_by": artifact.author_email,
        "content_overview": overview(artifact.content),
    }


def full(artifact: Artifact) -> dict[str, Any]:
    return summary(artifact) | {"content": artifact.content.model_dump(mode="json")}
