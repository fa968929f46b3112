"""From a turn to the agent: which model, which tools, what it knows."""

from typing import TYPE_CHECKING

from citewell.agent.citations import plain_history
from citewell.agent.loop import Question, answer
from citewell.agent.protocol import Message, Tool
from citewell.tools.factory import Workbench, make_tools

if TYPE_CHECKING:
    from citewell.runtime import Runtime
    from citewell.turns.runner import Emit, TurnWork


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
    bench = Workbench(runtime, work.key.project_id, work.base_url, work.model, local_to=tuple(work.local_to))
    return make_tools(bench, work.tools)
