"""The SQL of widgets and their visitors."""

import json
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Conversation, ProjectPermission, Widget

# In one statement, so that servers that are asked at once count each other's questions.
_COUNT = text(
    "UPDATE widgets SET counted = CASE WHEN counted_hour = :hour THEN counted + 1 ELSE 1 END, counted_hour = :hour"
    " WHERE project_id = :project AND id = :widget AND (counted_hour <> :hour OR counted < questions_per_hour)"
    " RETURNING counted"
)
_GIVE_BACK = text(
    "UPDATE widgets SET counted = counted - 1"
    " WHERE project_id = :project AND id = :widget AND counted_hour = :hour AND counted > 0"
)
_CITES = text(
    "SELECT EXISTS (SELECT FROM messages WHERE project_id = :project AND conversation_id = :conversation"
    " AND type = 'message' AND extra -> 'citations' @> CAST(:cited AS jsonb))"
)


async def list_widgets(session: AsyncSession, project_id: UUID) -> list[Widget]:
    """Returns the project's widgets, oldest first."""
    query = select(Widget).where(Widget.project_id == project_id).order_by(Widget.created_at, Widget.id)
    return list(await session.scalars(query))


async def count_widgets(session: AsyncSession, project_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(Widget.project_id == project_id)) or 0


async def delete_permission(session: AsyncSession, widget: Widget) -> None:
    """Take the project from the widget's account."""
    of_account = (ProjectPermission.project_id == widget.project_id) & (ProjectPermission.user_id == widget.user_id)
    await session.execute(delete(ProjectPermission).where(of_account))


async def count_question(session: AsyncSession, widget: Widget, hour: int) -> bool:
    """Count a question; False if the widget has had all questions of the hour. `hour` is counted from 1970."""
    parameters = {"project": widget.project_id, "widget": widget.id, "hour": hour}
    return (await session.execute(_COUNT, parameters)).first() is not None


async def uncount_question(session: AsyncSession, widget: Widget, hour: int) -> None:
    """Take a question of this hour back."""
    await session.execute(_GIVE_BACK, {"project": widget.project_id, "widget": widget.id, "hour": hour})


async def add_conversation(
    session: AsyncSession, widget: Widget, conversation_id: UUID, name: str, conversation_type: str
) -> None:
    """Begin a conversation with the widget's agent, unless there is one with this id."""
    begun = insert(Conversation).values(
        project_id=widget.project_id,
        id=conversation_id,
        name=name,
        type=conversation_type,
        created_by=widget.user_id,
        agent_settings_id=widget.agent_settings_id,
        tags=[f"widget: {widget.name}"],
    )
    await session.execute(begun.on_conflict_do_nothing())


async def is_cited(session: AsyncSession, project_id: UUID, conversation_id: UUID, chunk_id: UUID) -> bool:
    """Whether an answer of the conversation cites the chunk."""
    cited = json.dumps([{"chunk_id": str(chunk_id)}])
    parameters = {"project": project_id, "conversation": conversation_id, "cited": cited}
    return bool(await session.scalar(_CITES, parameters))
