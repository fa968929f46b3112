"""From a turn to the agent: which model, which tools, what it knows."""

from typing import TYPE_CHECKING

from citewell.agent.citations import plain_history
from citewell.agent.loop import Question, answer
from citewell.agent.protocol import Message, Tool
from citewell.resources import Resources
from citewell.tools.factory import Workbench, make_tools

if TYPE_CHECKING:
    from citewell.turns.runner import Emit, TurnWork


async def ask_agent(resources: Resources, work: "TurnWork", emit: "Emit") -> None:
    """Run the agent loop for a turn; everything it does goes to `emit`."""
    question = Question(
        text=work.question,
        history=[_as_model_message(role, content) for role, content in work.history],
        instructions=work.instructions,
        brief=work.brief,
    )
    await answer(question, resources.models.get(work.model), _tools(resources, work), emit, resources.loop_limits)


def _as_model_message(role: str, content: str) -> Message:
    if role == "assistant":
        return Message(role="assistant", content=plain_history(content))
    return Message(role="user", content=content)


def _tools(resources: Resources, work: "TurnWork") -> list[Tool]:
    """The tools that the agent lists, and only those."""
    bench = Workbench(resources, work.key.project_id, work.base_url, work.model, local_to=tuple(work.local_to))
    return make_tools(bench, work.tools)
