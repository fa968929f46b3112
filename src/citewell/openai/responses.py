"""`/v1/responses`: a question with its answer, kept as a turn of a conversation unless the client keeps it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import structlog
from pydantic import ValidationError

from citewell.agent.events import AnswerStarted, AnswerText
from citewell.agent.loop import Answer
from citewell.agent.protocol import ModelError
from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.conversations import service as conversations
from citewell.conversations import turns as turns_of
from citewell.conversations.schemas import ConversationCreate
from citewell.errors import BadRequest, NotFound
from citewell.kit.ids import new_id, time_of_id
from citewell.kit.urls import absolute_references
from citewell.models import AgentSettings, Conversation, Turn
from citewell.openai import agents
from citewell.openai.asking import NO_LONGER, AgentRequest, answering, read_messages, shown_error
from citewell.openai.repository import newest_turn
from citewell.openai.response_objects import (
    Begun,
    Failed,
    Finished,
    ResponseObject,
    Said,
    Step,
    ids_in,
    response_id,
)
from citewell.openai.schemas import ResponseRequest
from citewell.turns import entries
from citewell.turns.reader import read_log
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Opened:
    """A response that was asked for: how far it is, how its steps come, and who may read it."""

    response: ResponseObject
    steps: AsyncIterator[Step]
    access: Access
    conversation_id: UUID | None = None

    def no_longer(self) -> bytes:
        """Returns the end of the stream of a reader who has lost the right to read."""
        return b"".join(self.response.take(Failed("forbidden", NO_LONGER)))


async def open_response(turns: TurnRunner, caller: Caller, base: str, request: ResponseRequest) -> Opened:
    """Start the answer.

    It is a turn of a conversation of the server's, unless `store` is false or the input brings what was said before.
    Raises NotFound, BadRequest, Conflict while the conversation answers, TooManyRequests.
    """
    response = ResponseObject(
        request.model,
        f"resp_{new_id().hex}",
        request.instructions,
        request.previous_response_id,
        request.store,
        request.max_output_tokens,
        request.metadata or {},
        files_wanted=any(tool.get("type") == "file_search" for tool in request.tools),
    )
    if request.previous_response_id:
        return await _continued(turns, caller, base, request, response)
    access, agent = await agents.find_model(turns.resources.database, caller, request.model)
    messages = request.messages()
    question = read_messages(messages, agent)
    if request.store and not question.history:
        said = [message.text for message in messages if message.role in ("system", "developer") and message.text]
        return await _first(turns, access, agent, base, question.text, "\n\n".join(said), response)
    response.store = False
    asked = AgentRequest(access, agent, question, base, request.max_output_tokens)
    turns.check_slots(caller.user_id)
    return Opened(response, _unstored(turns, asked), access)


async def reopen_response(turns: TurnRunner, caller: Caller, base: str, identity: str) -> Opened:
    """Returns a stored response from its beginning. Its steps are the same each time. Raises NotFound."""
    access, turn = await _stored_turn(turns, caller, identity)
    response = ResponseObject(await _model_name(turns, caller, access, turn), identity)
    response.created_at = time_of_id(turn.id)
    if turn.state != "running":
        response.completed_at = int(turn.updated_at.timestamp())
    return Opened(response, _of_turn(turns, turns_of.key_of(turn), base, None), access, turn.conversation_id)


async def cancel_response(turns: TurnRunner, caller: Caller, identity: str) -> None:
    """Stop a stored response. One that has ended is left as it is. Raises NotFound, and Forbidden for those who may
    only read it."""
    access, turn = await _stored_turn(turns, caller, identity)
    await turns_of.stop_turn(turns, access, turn.conversation_id, turn.query_id)


async def _first(
    turns: TurnRunner,
    access: Access,
    agent: AgentSettings,
    base: str,
    question: str,
    instructions: str,
    response: ResponseObject,
) -> Opened:
    text = instructions.replace("\x00", "")
    try:
        wanted = ConversationCreate(agent_settings=agent.id, conversation_instructions=text or None)
    except ValidationError as error:
        raise BadRequest(f"The instructions and system messages: {error.errors()[0]['msg']}.") from None
    async with turns.resources.database.write() as session:
        talk, _ = await conversations.create_conversation(session, access, wanted)
    return await _asked(turns, access, talk.id, base, question, response)


async def _continued(
    turns: TurnRunner, caller: Caller, base: str, request: ResponseRequest, response: ResponseObject
) -> Opened:
    access, turn = await _stored_turn(turns, caller, request.previous_response_id or "")
    async with turns.resources.database.read() as session:
        last = await newest_turn(session, access.project_id, turn.conversation_id)
    if last != turn.id:
        raise BadRequest(
            "previous_response_id must be the newest response of its conversation: go on from that one, or send the "
            "conversation as input."
        )
    messages = [message for message in request.messages() if message.role == "user"]
    if len(messages) != 1 or not messages[0].text.strip():
        raise BadRequest("With previous_response_id, input holds one message of the user.")
    return await _asked(turns, access, turn.conversation_id, base, messages[0].text, response)


async def _asked(
    turns: TurnRunner, access: Access, conversation_id: UUID, base: str, question: str, response: ResponseObject
) -> Opened:
    limit = turns.resources.settings.max_message_chars
    if len(question) > limit:
        raise BadRequest(f"The question may have at most {limit:,} characters.")
    used = await _used(turns, access.project_id, conversation_id)
    key = await turns_of.ask(turns, access, conversation_id, question.replace("\x00", ""))
    response.id, response.store = response_id(key.project_id, key.turn_id), True
    response.created_at = time_of_id(key.turn_id)
    return Opened(response, _of_turn(turns, key, base, used), access, conversation_id)


async def _stored_turn(turns: TurnRunner, caller: Caller, identity: str) -> tuple[Access, Turn]:
    ids = ids_in(identity)
    gone = NotFound(f"There is no response {identity[:100]!r}: it was not stored, or its conversation was deleted.")
    if ids is None:
        raise gone
    async with turns.resources.database.read() as session:
        access = await resolve_access(session, ids[0], caller)
        access.require(Permission.VIEW)
        turn = await session.get(Turn, ids)
        if turn is None:
            raise gone
        await conversations.readable(session, access, turn.conversation_id)
    return access, turn


async def _model_name(turns: TurnRunner, caller: Caller, access: Access, turn: Turn) -> str:
    async with turns.resources.database.read() as session:
        talk = await conversations.readable(session, access, turn.conversation_id)
        known = {one.agent_id: one.name for one in await agents.list_models(session, caller)}
    agent = talk.agent_settings_id
    return known.get(agent, f"{access.project_id}/{agent}") if agent else str(access.project_id)


async def _of_turn(turns: TurnRunner, key: TurnKey, base: str, used: Sequence[int] | None) -> AsyncIterator[Step]:
    """Yields the steps of a turn from its log, with absolute links.

    `used` are the tokens of the conversation before it.
    """
    answer: dict[str, Any] = {}
    async with contextlib.aclosing(read_log(turns, key)) as batches:
        async for batch in batches:
            for entry in _absolute(batch.entries if batch is not None else [], base, key):
                kind = entry["k"]
                if kind == entries.START:
                    yield Begun()
                elif kind == entries.TEXT:
                    yield Said(entry["d"])
                elif kind == entries.PAYLOAD and entry["p"].get("type") == "message":
                    answer = entry["p"]
                elif kind == entries.FAILED:
                    yield Failed(entry["code"], entry["error"])
                elif kind == entries.COMPLETED:
                    usage = None
                    if used is not None:
                        now = await _used(turns, key.project_id, key.conversation_id)
                        usage = now[0] - used[0], now[1] - used[1]
                    is_cut = answer.get("state") == "cut"
                    is_stopped = entry.get("s") == "stopped"
                    yield Finished(answer.get("content", ""), answer.get("citations") or (), usage, is_cut, is_stopped)


def _absolute(found: Any, base: str, key: TurnKey) -> list[dict[str, Any]]:
    encoded = absolute_references(entries.encode_entries(list(found)), base, key.project_id)
    return entries.decode_entries(encoded)


async def _used(turns: TurnRunner, project_id: UUID, conversation_id: UUID) -> tuple[int, int]:
    """Input and output tokens of the conversation so far."""
    async with turns.resources.database.read() as session:
        talk = await session.get(Conversation, (project_id, conversation_id))
    return (talk.tokens_input, talk.tokens_output) if talk is not None else (0, 0)


async def _unstored(turns: TurnRunner, asked: AgentRequest) -> AsyncIterator[Step]:
    """Yields the steps of an answer that only its asker gets. It ends when they go."""
    try:
        with turns.opening(asked.access.acting.user_id):
            async with answering(turns.resources, asked) as batches:
                async for item in batches:
                    if isinstance(item, Answer):
                        cited = [msgspec.to_builtins(one) for one in item.citations]
                        used = item.usage
                        yield Finished(item.content, cited, (used.input_tokens, used.output_tokens), item.is_cut)
                        return
                    for event in item:
                        if isinstance(event, AnswerStarted):
                            yield Begun()
                        elif isinstance(event, AnswerText):
                            yield Said(event.delta)
    except Exception as error:
        if not isinstance(error, ModelError):
            log.error("response_broke", exc_info=error)
        yield Failed(error.code if isinstance(error, ModelError) else "server_error", shown_error(error))
