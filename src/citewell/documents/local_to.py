"""Where a local document is visible: in one conversation, in those with one agent, or in one interview."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.local import count_local_documents, lock_owner
from citewell.errors import BadRequest, NotFound
from citewell.models import AgentSettings, Conversation, Interview

Kind = Literal["agent_settings", "conversation", "interview"]
_OWNERS: dict[Kind, type[AgentSettings | Conversation | Interview]] = {
    "agent_settings": AgentSettings,
    "conversation": Conversation,
    "interview": Interview,
}
# A turn reads all passages of its local documents, so their number is limited.
MAX_DOCUMENTS = 500


@dataclass(frozen=True)
class LocalTo:
    kind: Kind
    id: UUID


async def reserve_room(session: AsyncSession, project_id: UUID, scope: LocalTo, adding: int) -> None:
    """Locks the owner of local documents until the transaction ends, and checks that it may have `adding` more.

    Raises NotFound if the owner has been deleted, BadRequest if it would have too many documents.
    """
    if not await lock_owner(session, _OWNERS[scope.kind], project_id, scope.id):
        raise NotFound(f"There is no such {scope.kind.replace('_', ' ')} in this project.")
    held = await count_local_documents(session, project_id, scope.id)
    if held + adding > MAX_DOCUMENTS:
        raise BadRequest(
            f"At most {MAX_DOCUMENTS} local documents may be added here, and there are {held}: "
            "put them into the project, or delete some."
        )
