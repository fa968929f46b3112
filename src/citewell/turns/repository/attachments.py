"""The local documents of a conversation and its agent."""

from collections.abc import Sequence
from uuid import UUID

from citewell.db.engine import Database

_FAILED = """
    SELECT d.name FROM documents d
    CROSS JOIN LATERAL (
        SELECT v.stage FROM document_versions v WHERE v.project_id = d.project_id AND v.document_id = d.id
        ORDER BY v.number DESC LIMIT 1
    ) newest
    WHERE d.project_id = %(project)s AND d.local_to = ANY(CAST(%(local_to)s AS uuid[])) AND d.status = 'active'
        AND newest.stage = 'failed'
    ORDER BY d.created_at DESC, d.id LIMIT %(limit)s
"""


async def failed_documents(database: Database, project_id: UUID, local_to: Sequence[UUID], limit: int) -> list[str]:
    """Returns the names of those whose newest version could not be processed, the newest documents first."""
    parameters = {"project": project_id, "local_to": list(local_to), "limit": limit}
    return [row.name for row in await database.direct.fetch(_FAILED, parameters, prepare=True)]
