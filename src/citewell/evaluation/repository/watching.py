"""What decides whether a project is evaluated after changes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Project

# Documents in force, of the project and of its agents, with what tools are restricted by; agents without the dates of
# their conversations; tools; playbooks and the like; the project.
_FINGERPRINT = text(
    """
    SELECT md5(concat_ws('|',
        (SELECT concat(count(*), ' ', sum(hashtextextended(
                concat_ws(' ', d.id, d.live_version_id, d.name, d.collection_id, d.metadata), 0))) FROM documents d
            WHERE d.project_id = :project AND d.status = 'active' AND d.live_version_id IS NOT NULL
            AND (d.local_to IS NULL OR d.local_to IN (SELECT a.id FROM agent_settings a WHERE a.project_id = :project))
        ),
        (SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws(' ', g.document_id, g.name, g.value), 0)))
            FROM document_tags g WHERE g.project_id = :project),
        (SELECT string_agg(CAST(to_jsonb(a) - CAST(:volatile AS text[]) AS text), ' ' ORDER BY a.id)
            FROM agent_settings a WHERE a.project_id = :project),
        (SELECT string_agg(CAST(to_jsonb(t) - CAST(:volatile AS text[]) AS text), ' ' ORDER BY t.id)
            FROM tools t WHERE t.project_id = :project),
        (SELECT concat(count(*), ' ', max(v.created_at)) FROM artifact_versions v WHERE v.project_id = :project),
        (SELECT concat(p.business_brief, p.settings - :setting) FROM projects p WHERE p.id = :project),
        CAST(:model AS text)
    ))
    """
)
_VOLATILE = ["created_at", "updated_at", "last_conversation_date", "description", "agent_conversation_starter"]
_PROCESSING = text(
    "SELECT EXISTS (SELECT FROM document_versions v WHERE v.project_id = :project AND v.stage <> ALL(:ended))"
)


async def list_projects_with(session: AsyncSession, setting: str) -> list[UUID]:
    """Returns the projects that are not deleted and have this setting switched on."""
    query = select(Project.id).where(Project.deleted_at.is_(None), Project.settings[setting].astext == "true")
    return list(await session.scalars(query))


async def read_fingerprint(session: AsyncSession, project_id: UUID, setting: str, model: str) -> str:
    """Returns a fingerprint of all that answers depend on, with the name of the server's model.

    `setting` is a setting of the project that is left out.
    """
    parameters: dict[str, Any] = {"project": project_id, "volatile": _VOLATILE, "setting": setting, "model": model}
    found: str = (await session.scalars(_FINGERPRINT, parameters)).one()
    return found


async def is_processing(session: AsyncSession, project_id: UUID, ended: Sequence[str]) -> bool:
    """Whether a document version is in none of the stages `ended`."""
    return bool(await session.scalar(_PROCESSING, {"project": project_id, "ended": list(ended)}))
