"""Runs the agent for a turn: loads its model, tools, history and knowledge first."""

import msgspec

from citewell.agent.events import AnswerText
from citewell.agent.loop import Answer, Question, answer, earlier_answer
from citewell.agent.protocol import Message, Tool
from citewell.agent.reply import Emit
from citewell.models import AgentSettings
from citewell.resources import Resources
from citewell.tools.agent_knowledge import agent_knowledge
from citewell.tools.factory import Workbench, make_tools
from citewell.turns.attachments import note_on, unread_attachments
from citewell.turns.database_wait import until_database_answers
from citewell.turns.repository.history import recent_messages
from citewell.turns.turn import Turn


async def ask_agent(resources: Resources, turn: Turn, emit: Emit) -> Answer:
    """Runs the agent loop for a turn and returns the answer. Its events go to `emit`. Raises ModelError."""
    question = Question(
        text=turn.question,
        history=await _history(resources, turn) if turn.key.query_id else [],
        instructions=turn.instructions,
        brief=turn.brief,
        knowledge=await until_database_answers(lambda: _knowledge(resources, turn)) if turn.is_taught else "",
    )
    model, tools, limits = resources.models.get(turn.model), _tools(resources, turn), resources.limits_of(turn.model)
    checks = resources.claim_checks(turn.key.project_id)
    found = await answer(question, model, tools, emit, limits, checks=checks)
    unread = await until_database_answers(
        lambda: unread_attachments(resources.database, turn.key.project_id, turn.local_to)
    )
    if not unread:
        return found
    note = note_on(unread, turn.question)
    emit([AnswerText(note)])
    return msgspec.structs.replace(found, content=found.content + note)


async def _knowledge(resources: Resources, turn: Turn) -> str:
    async with resources.database.read() as session:
        project_id = turn.key.project_id
        agent = await session.get(AgentSettings, (project_id, turn.agent_id)) if turn.agent_id is not None else None
        return await agent_knowledge(session, project_id, agent, turn.workflows_mode, turn.workflows)


async def _history(resources: Resources, turn: Turn) -> list[Message]:
    said = await until_database_answers(lambda: recent_messages(resources.database, turn.key))
    return [_as_model_message(role, content) for role, content in said]


def _as_model_message(role: str, content: str) -> Message:
    if role == "assistant":
        return earlier_answer(content)
    return Message(role="user", content=content)


def _tools(resources: Resources, turn: Turn) -> list[Tool]:
    """Returns the tools that the agent's settings list."""
    bench = Workbench(resources, turn.key.project_id, turn.base_url, turn.model, local_to=tuple(turn.local_to))
    return make_tools(bench, turn.tools)
