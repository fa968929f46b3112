"""Asks an agent a question of a run, outside of conversations, with the settings that it had when the run began."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.events import AgentEvent
from citewell.agent.loop import Answer
from citewell.evaluation.repository.runs import has_local_documents
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import AgentSettings
from citewell.resources import Resources
from citewell.tools.factory import ToolConfig, tools_of
from citewell.turns.answer import ask_agent
from citewell.turns.turn import Turn, TurnKey


async def snapshot(session: AsyncSession, agent: AgentSettings, model: str | None) -> dict[str, Any]:
    """Returns the agent as JSON, with `model` in place of its own where one is named."""
    return {
        "instructions": agent.additional_instructions,
        "brief": agent.project_brief,
        "model": agent.model if model is None else model,
        "tools": msgspec.to_builtins(await tools_of(session, agent)),
        "workflows_mode": agent.selected_workflows_mode,
        "workflows": [str(workflow) for workflow in agent.selected_workflows],
    }


async def ask(
    resources: Resources, project_id: UUID, agent_id: UUID | None, agent: dict[str, Any], question: str
) -> Answer:
    """Returns the agent's answer. Raises ModelError."""
    async with resources.database.read() as session:
        has_local = agent_id is not None and await has_local_documents(session, project_id, agent_id)
    turn = Turn(
        key=TurnKey(project_id, new_id(), new_id(), 0),
        user_id=project_id,  # nobody asks; the work on an answer does not look at it
        question=question,
        base_url="",
        opened_at=now(),
        opened=time.monotonic(),
        next_position=0,
        instructions=agent["instructions"],
        brief=agent["brief"],
        model=agent["model"],
        tools=msgspec.convert(agent["tools"], list[ToolConfig]),
        local_to=[agent_id] if agent_id is not None and has_local else [],
        workflows_mode=agent["workflows_mode"],
        workflows=[UUID(workflow) for workflow in agent["workflows"]],
        agent_id=agent_id,
    )
    answer = await ask_agent(resources, turn, _unheard)
    model, used = resources.models.served(turn.model), answer.usage - answer.usage_of_others
    resources.usage.count_tokens(project_id, model, used.input_tokens, used.output_tokens)
    return answer


def _unheard(events: Sequence[AgentEvent]) -> None:
    """Nobody reads along."""
