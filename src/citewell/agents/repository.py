"""The SQL of agents."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.models import AgentSettings, Conversation, ToolSetting

_AT_ITS_MAKING = timedelta(milliseconds=10)  # created_at and updated_at of a new row differ slightly


async def list_agents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[AgentSettings]]:
    """Returns (number of the project's agents, page of them): the default one first, then by age."""
    query = select(AgentSettings).where(AgentSettings.project_id == project_id)
    return await select_page(session, query, limit, offset, AgentSettings.is_default.desc(), AgentSettings.id)


async def find_agent(session: AsyncSession, project_id: UUID, agent_id: UUID, *, lock: bool) -> AgentSettings | None:
    query = select(AgentSettings).where(AgentSettings.project_id == project_id, AgentSettings.id == agent_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def list_agents_called(session: AsyncSession, project_id: UUID, name: str) -> list[AgentSettings]:
    """Returns the project's agents with this name or id."""
    query = select(AgentSettings).where(AgentSettings.project_id == project_id)
    return [agent for agent in await session.scalars(query) if name in (agent.name, str(agent.id))]


async def find_default_agent(session: AsyncSession, project_id: UUID) -> AgentSettings | None:
    """Returns the project's default agent, else its oldest."""
    query = select(AgentSettings).where(AgentSettings.project_id == project_id)
    order = AgentSettings.is_default.desc(), AgentSettings.id
    return (await session.scalars(query.order_by(*order).limit(1))).first()


async def lock_untouched_default(session: AsyncSession, project_id: UUID) -> AgentSettings | None:
    """Returns the default agent, if it was neither changed nor asked since it was made."""
    query = select(AgentSettings).where(
        AgentSettings.project_id == project_id,
        AgentSettings.is_default,
        AgentSettings.updated_at < AgentSettings.created_at + _AT_ITS_MAKING,
        AgentSettings.last_conversation_date.is_(None),
    )
    return await session.scalar(query.with_for_update())


async def remove_from_conversations(session: AsyncSession, project_id: UUID, agent_id: UUID) -> None:
    """Leave the agent's conversations without an agent; the times of their last change stay."""
    await session.execute(
        update(Conversation)
        .where(Conversation.project_id == project_id, Conversation.agent_settings_id == agent_id)
        .values(agent_settings_id=None, updated_at=Conversation.updated_at)
    )


async def lock_default_tools(session: AsyncSession, project_id: UUID) -> list[UUID]:
    """Returns the tools that every project has from the start, locked against deletion."""
    query = select(ToolSetting.id).where(ToolSetting.project_id == project_id, ToolSetting.readonly)
    return list(await session.scalars(query.order_by(ToolSetting.id).with_for_update(key_share=True, read=True)))


async def lock_tools(session: AsyncSession, project_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Locks the tools among these ids against deletion and returns their ids."""
    query = select(ToolSetting.id).where(ToolSetting.project_id == project_id, ToolSetting.id.in_(ids))
    return set(await session.scalars(query.with_for_update(key_share=True, read=True)))
