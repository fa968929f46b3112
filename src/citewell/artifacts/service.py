"""The rules of artifacts: reading one, and writing a new version of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts import repository
from citewell.artifacts.content import Content, Markdown
from citewell.artifacts.definitions import DEFINITIONS, Definition
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, Conflict, NotFound
from citewell.models import ArtifactVersion, Project

MAX_CONTENT = 500_000  # characters of a content as JSON


@dataclass(frozen=True)
class Artifact:
    """An artifact in one of its versions. Version 0 is one that nobody has written yet."""

    definition: Definition
    content: Content
    version: int = 0
    updated_at: datetime | None = None
    author_email: str = ""


async def list_artifacts(session: AsyncSession, project_id: UUID) -> list[Artifact]:
    """Returns the project's artifacts, in the order of their definitions."""
    project = await session.get_one(Project, project_id)
    rows = await repository.latest(session, project_id, list(DEFINITIONS))
    return [_artifact(one, rows.get(slug), project) for slug, one in DEFINITIONS.items()]


async def get_artifact(session: AsyncSession, project_id: UUID, slug: str) -> Artifact:
    """Returns the newest version of an artifact. Raises NotFound for an unknown slug."""
    definition = definition_of(slug)
    project = await session.get_one(Project, project_id)
    rows = await repository.latest(session, project_id, [slug])
    return _artifact(definition, rows.get(slug), project)


async def get_version(session: AsyncSession, project_id: UUID, slug: str, version: int) -> ArtifactVersion:
    """Returns one version of an artifact. Raises NotFound."""
    definition_of(slug)
    row = await session.get(ArtifactVersion, (project_id, slug, version))
    if row is None:
        raise NotFound("There is no such version of this artifact.")
    return row


async def begin_edit(session: AsyncSession, access: Access, slug: str, base_version: int | None) -> Artifact:
    """Returns the newest version, locked against other edits until the transaction ends.

    Raises Conflict if `base_version` is older: somebody has written since it was read.
    """
    await repository.lock_project(session, access.project_id)
    found = await get_artifact(session, access.project_id, slug)
    if base_version is not None and base_version != found.version:
        raise Conflict(
            f"Version {base_version} of this artifact is outdated, the newest is version {found.version}: read it "
            "again, and apply your change to that one."
        )
    return found


async def write(
    session: AsyncSession, access: Access, before: Artifact, content: Content, summary: str, changes: Sequence[Any] = ()
) -> Artifact:
    """Write a new version; `before` comes from `begin_edit`. An equal content makes no version.

    Raises BadRequest for a content that is too large.
    """
    if content == before.content:
        return before
    slug, stored = before.definition.slug, content.model_dump(mode="json")
    if len(content.model_dump_json()) > MAX_CONTENT:
        raise BadRequest(f"The artifact would have more than {MAX_CONTENT:,} characters: shorten it.")
    row = ArtifactVersion(
        project_id=access.project_id,
        slug=slug,
        version=before.version + 1,
        content=stored,
        change_summary=summary,
        changes=list(changes),
        created_by=access.acting.user_id,
        author_email=access.acting.email,
    )
    session.add(row)
    session.add(entry_of(access, "artifact_edited", "artifact", slug, version=row.version))
    if slug == "brief" and isinstance(content, Markdown):
        await _set_brief(session, access.project_id, content.text)
    await session.flush()
    await session.refresh(row)
    return _made_of(before.definition, row)


async def write_brief(session: AsyncSession, access: Access, text: str, summary: str) -> None:
    """The brief as a setting of the project: the same thing as the artifact."""
    before = await begin_edit(session, access, "brief", None)
    await write(session, access, before, Markdown(text=text), summary)


def definition_of(slug: str) -> Definition:
    """Raises NotFound that names the slugs there are."""
    if slug not in DEFINITIONS:
        raise NotFound(f"There is no artifact {slug[:100]!r}; there are: {', '.join(DEFINITIONS)}.")
    return DEFINITIONS[slug]


async def _set_brief(session: AsyncSession, project_id: UUID, text: str) -> None:
    project = await session.get_one(Project, project_id)
    await repository.hand_brief_to_agents(session, project_id, project.business_brief, text)
    project.business_brief = text


def _artifact(definition: Definition, row: ArtifactVersion | None, project: Project) -> Artifact:
    if row is not None:
        return _made_of(definition, row)
    return Artifact(
        definition, Markdown(text=project.business_brief) if definition.slug == "brief" else definition.model()
    )


def _made_of(definition: Definition, row: ArtifactVersion) -> Artifact:
    content = definition.model.model_validate(row.content)
    return Artifact(definition, content, row.version, row.created_at, row.author_email)
