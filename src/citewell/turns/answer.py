"""From a turn to the agent: which model, which tools, what it knows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from citewell.agent.citations import plain_history
from citewell.agent.knowledge import Knowledge
from citewell.agent.loop import Question, answer
from citewell.agent.protocol import Message, Tool
from citewell.agent.tools.document_outline import DocumentOutline
from citewell.agent.tools.get_chunk import GetChunk
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.documents.knowledge import ProjectKnowledge

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
    question = Question(
        text=work.question,
        history=[_as_model_message(role, content) for role, content in work.history],
        instructions=work.instructions,
        brief=work.brief,
    )
    await answer(question, runtime.models.get(work.model), _tools(runtime, work), emit, runtime.loop_limits)


def _as_model_message(role: str, content: str) -> Message:
    if role == "assistant":
        return Message(role="assistant", content=plain_history(content))
    return Message(role="user", content=content)


def _tools(runtime: "Runtime", work: "TurnWork") -> list[Tool]:
    """The tools that the agent lists, and only those."""
    knowledge = ProjectKnowledge(
        runtime.database,
        runtime.retriever,
        work.key.project_id,
        work.base_url,
        local_to=work.local_to,
        count=runtime.usage.count,
    )
    return [_TOOLS[kind](knowledge) for kind in work.tools if kind in _TOOLS]
