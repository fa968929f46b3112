"""Adds a note to an answer if attachments of its conversation could not be read."""

from collections.abc import Sequence
from uuid import UUID

from citewell.agent.reading.vocabulary import phrases
from citewell.db.engine import Database
from citewell.search.language import detect_language
from citewell.turns.repository.attachments import failed_documents

_MOST_NAMED = 5


async def unread_attachments(database: Database, project_id: UUID, local_to: Sequence[UUID]) -> list[str]:
    """Returns the names of local documents whose newest version could not be processed, at most five."""
    if not local_to:
        return []
    return await failed_documents(database, project_id, local_to, _MOST_NAMED)


def note_on(names: Sequence[str], question: str) -> str:
    """Returns the note about these attachments for the end of an answer, in the language of the question."""
    listed = ", ".join(f"`{name.replace('`', '')}`" for name in names)
    return "\n\n*" + phrases(detect_language(question))["unread"].format(names=listed) + "*"
