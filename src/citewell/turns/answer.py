"""From a turn to the agent: which model, which tools, what it knows."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from citewell.agent.citations import plain_history
from citewell.agent.knowledge import Knowledge
from citewell.agent.loop import Question, answer
from citewell.agent.protocol import Message, Tool
from citewell.agent.tools.document_outline import DocumentOutline
from citewell.agent.tools.get_chunk import GetChunk
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.documents.knowledge import ProjectKnowledge
from citewell.models import ToolSetting

if TYPE_CHECKING:
    from citewell.runtime import Runtime
    from citewell.turns.runner import Emit, TurnWork

_TOOLS: dict[str, Callable[[Knowledge], Tool]] = {
    "retrieval": SearchDocuments,
    "get_chunk": GetChunk,
    "get_document_outline": DocumentOutline,
}


async def ask_agent(runtime: "Runtime", work: "TurnWork", emit: "Emit") -> None:
    """Run the agent loop for a turn; everything it does goes to `emit`."""
    tools = await _tools(runtime, work)
    question = Question(
        text=work.question,
        history=[_as_model_message(role, content) for role, content in work.history],
        instructions=work.instructions,
        brief=work.brief,
    )
    await answer(question, runtime.models.get(work.model), tools, emit, runtime.loop_limits)


def _as_model_message(role: str, content: str) -> Message:
    if role == "assistant":
        return Message(role="assistant", content=plain_history(content))
    return Message(role="user", content=content)


async def _tools(runtime: "Runtime", work: "TurnWork") -> list[Tool]:
    """The tools that the agent lists, and only those."""
    project_id = work.key.project_id
    knowledge = ProjectKnowledge(runtime.database, runtime.retriever, project_id, work.base_url)
    types = await _tool_types(runtime, project_id, work.tools)
    return [_TOOLS[kind](knowledge) for kind in types if kind in _TOOLS]


async def _tool_types(runtime: "Runtime", project_id: UUID, tool_ids: list[UUID]) -> list[str]:
    query = select(ToolSetting.tool_type).where(ToolSetting.project_id == project_id, ToolSetting.id.in_(tool_ids))
    async with runtime.database.alone.connect() as connection:
        return list(await connection.scalars(query.order_by(ToolSetting.id)))
