"""Attachments of a conversation that could not be read: an answer says so, whichever model gave it."""

from collections.abc import Sequence
from uuid import UUID

from citewell.agent.reading.vocabulary import phrases
from citewell.db.engine import Database
from citewell.search.language import detect_language

_MOST_NAMED = 5
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


async def unread_attachments(database: Database, project_id: UUID, local_to: Sequence[UUID]) -> list[str]:
    """The names of the local documents whose newest version could not be processed, at most five."""
    if not local_to:
        return []
    parameters = {"project": project_id, "local_to": list(local_to), "limit": _MOST_NAMED}
    return [row.name for row in await database.direct.fetch(_FAILED, parameters, prepare=True)]


def note_on(names: Sequence[str], question: str) -> str:
    """What an answer says at its end of attachments that it does not know, in the question's language."""
    listed = ", ".join(f"`{name.replace('`', '')}`" for name in names)
    return "\n\n*" + phrases(detect_language(question))["unread"].format(names=listed) + "*"
