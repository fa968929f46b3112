"""Asks an agent one question, and answers while the asker listens; the turn ends when the asker disconnects."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request

from citewell.agent.events import AgentEvent, AnswerStarted, AnswerText, Reasoning, TokensUsed
from citewell.agent.loop import NO_CLIENT_TOOLS, Answer, ClientTools, Question, answer, earlier_answer
from citewell.agent.protocol import Message, ModelError, Tool, Usage
from citewell.agent.reply import Emit
from citewell.auth.access import Access
from citewell.errors import BadRequest, CitewellError, Unavailable
from citewell.models import AgentSettings
from citewell.openai.client_tools import calls_and_results
from citewell.openai.schemas import ChatMessage
from citewell.resources import Resources
from citewell.tools.agent_knowledge import agent_knowledge
from citewell.tools.factory import Workbench, make_tools, tools_of

NO_LONGER = "You may no longer read this project."
_WAITING = 10_000  # batches of events that a slow reader may leave waiting


@dataclass(frozen=True)
class AgentRequest:
    """A question with what was said before, and the agent that it goes to."""

    access: Access
    agent: AgentSettings
    question: Question
    base_url: str
    max_tokens: int | None = None


def read_messages(
    messages: Sequence[ChatMessage], agent: AgentSettings, client_tools: ClientTools = NO_CLIENT_TOOLS
) -> Question:
    """The last message of the user is the question; system messages are instructions beside the agent's own.

    Only results of the client's tools may follow the question; those before it are left out. Raises BadRequest without
    a question.
    """
    system = [message.text for message in messages if message.role in ("system", "developer")]
    said = [message for message in messages if message.role in ("user", "assistant", "tool")]
    place = max((at for at, message in enumerate(said) if message.role == "user"), default=-1)
    if place < 0 or said[-1].role == "assistant" or not said[place].text.strip():
        raise BadRequest("messages must end with what the user asks.")
    history = [
        Message("user", message.text) if message.role == "user" else earlier_answer(message.text)
        for message in said[:place]
        if message.role != "tool"
    ]
    instructions = "\n\n".join(part for part in (agent.additional_instructions, *system) if part.strip())
    return Question(
        said[place].text,
        history,
        client_messages=calls_and_results(said[place + 1 :]),
        client_tools=client_tools,
        instructions=instructions,
        brief=agent.project_brief,
    )


@contextlib.asynccontextmanager
async def answering(
    resources: Resources, asked: AgentRequest
) -> AsyncIterator[AsyncIterator[Sequence[AgentEvent] | Answer]]:
    """The events of the answer in batches, then the answer. Leaving the block ends the work.

    The iterator raises ModelError where the model fails.
    """
    queue: asyncio.Queue[Sequence[AgentEvent] | Answer | BaseException] = asyncio.Queue(_WAITING)

    def emit(events: Sequence[AgentEvent]) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # the answer itself comes whole at the end
            queue.put_nowait(list(events))

    async def work() -> None:
        try:
            await queue.put(await _answer(resources, asked, emit))
        except Exception as error:  # told to the reader, who raises it
            await queue.put(error)

    async def events() -> AsyncIterator[Sequence[AgentEvent] | Answer]:
        while True:
            item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if isinstance(item, Answer):
                return

    task = asyncio.create_task(work(), name="openai-answer")
    try:
        yield events()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def answer_to(request: Request, resources: Resources, asked: AgentRequest) -> Answer | None:
    """Returns the answer when it is done; None if the client went before, which ends the work.

    Raises ModelError where the model fails.
    """
    answering_it = asyncio.create_task(_whole(resources, asked))
    gone = asyncio.create_task(_disconnection(request))
    try:
        await asyncio.wait([answering_it, gone], return_when=asyncio.FIRST_COMPLETED)
        return answering_it.result() if answering_it.done() else None
    finally:
        for task in (answering_it, gone):
            task.cancel()
        await asyncio.gather(answering_it, gone, return_exceptions=True)


async def _disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _whole(resources: Resources, asked: AgentRequest) -> Answer:
    async with answering(resources, asked) as events:
        async for item in events:
            if isinstance(item, Answer):
                return item
    raise Unavailable("The answer broke off: ask again.")


def text_of(events: Sequence[AgentEvent], said: bool) -> tuple[str, str, bool]:
    """Returns (what the events add to a text that takes nothing back, what they add to the reasoning, whether there
    is a text by now).

    An empty line separates what the agent said before it searched from what it said after.
    """
    text, thought = [], []
    for event in events:
        if isinstance(event, AnswerText):
            text.append(event.delta)
            said = True
        elif isinstance(event, AnswerStarted) and said:
            text.append("\n\n")
        elif isinstance(event, Reasoning):
            thought.append(event.content)
    return "".join(text), "\n".join(thought), said


async def _answer(resources: Resources, asked: AgentRequest, emit: Emit) -> Answer:
    project_id, agent = asked.access.project_id, asked.agent
    workflows = (agent.selected_workflows_mode, agent.selected_workflows)
    async with resources.database.read() as session:
        configs = await tools_of(session, agent)
        knowledge = await agent_knowledge(session, project_id, agent, *workflows)
    bench = Workbench(resources, project_id, asked.base_url, agent.model, local_to=(agent.id,))
    tools = make_tools(bench, configs)
    _check_names(asked.question.client_tools, tools)
    question = msgspec.structs.replace(asked.question, knowledge=knowledge)
    limits = resources.limits_of(agent.model)
    if asked.max_tokens is not None:
        most = asked.max_tokens if limits.max_output_tokens is None else min(asked.max_tokens, limits.max_output_tokens)
        limits = msgspec.structs.replace(limits, max_output_tokens=most)
    used = TokensUsed(Usage())

    def heard(events: Sequence[AgentEvent]) -> None:
        nonlocal used
        used = next((event for event in reversed(events) if isinstance(event, TokensUsed)), used)
        emit(events)

    try:
        model, checks = resources.models.get(agent.model), resources.claim_checks(project_id)
        return await answer(question, model, tools, heard, limits, checks=checks)
    finally:  # also where the client went before the end
        served, own = resources.models.served(agent.model), used.usage - used.of_others
        resources.usage.count_tokens(project_id, served, own.input_tokens, own.output_tokens)


def _check_names(client_tools: ClientTools, tools: Sequence[Tool]) -> None:
    """Raises BadRequest for a tool of the client that is called as one of the agent's."""
    taken = {tool.spec.name for tool in tools} & {spec.name for spec in client_tools.specs}
    if taken:
        raise BadRequest(f"The agent has tools of its own with these names: {', '.join(sorted(taken))}. Rename yours.")


def shown_error(error: BaseException) -> str:
    """Returns what a client may read of an error."""
    if isinstance(error, ModelError | CitewellError):
        return error.message
    return "Something went wrong on the server. Its log says what."
