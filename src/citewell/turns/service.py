"""Opening a turn: the question is stored and the work starts on its own task, never on the connection."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import select

from citewell.auth.access import Access
from citewell.conversations import service as conversations
from citewell.db.engine import Database
from citewell.errors import Conflict
from citewell.kit.ids import new_id
from citewell.models import Message
from citewell.tools.factory import ToolConfig
from citewell.turns.log import TurnKey
from citewell.turns.runner import TurnRunner, TurnWork, too_many_turns

# More of a long conversation than any model reads; the agent loop trims to its context on top of this.
_HISTORY_MESSAGES = 200
_ATTEMPTS = 3
_STILL_ANSWERING = "This conversation is still answering: wait for the end of the running turn, or cancel it."
_NO_AGENT = "The agent of this conversation has been deleted: it can be read, but for a question begin a new one."
_tools = msgspec.json.Decoder(list[ToolConfig]).decode

# One statement, and with it one round trip and one transaction: it reads the conversation, decides, and opens the turn.
# What it decides is said in words by `_open`. A turn under way already is found by the index uq_turns_running.
_OPEN = """
    WITH talk AS (
        SELECT c.project_id, c.id, c.created_by, c.is_shared, c.archived_at, c.next_query_id,
            c.conversation_instructions, a.additional_instructions, a.project_brief, a.model,
            a.id AS agent_id,
            (SELECT CAST(json_agg(json_build_object(
                'id', t.id, 'name', t.name, 'description', t.description, 'tool_type', t.tool_type,
                'retrieval_mode', t.retrieval_mode, 'retrieval_parameters', t.retrieval_parameters,
                'restrictions', t.restrictions, 'agent_settings_id', t.agent_settings_id
                ) ORDER BY array_position(a.tools, t.id)) AS text) FROM tools t
                WHERE t.project_id = a.project_id AND t.id = ANY(a.tools)) AS tools,
            (SELECT coalesce(max(m.position) + 1, 0) FROM messages m
                WHERE m.project_id = c.project_id AND m.conversation_id = c.id) AS next_position,
            (SELECT array_agg(DISTINCT d.local_to) FROM documents d
                WHERE d.project_id = c.project_id AND d.local_to IN (c.id, c.agent_settings_id)
                AND d.status = 'active') AS local_to,
            (SELECT count(*) FROM turns t WHERE t.state = 'running' AND t.user_id = %(user)s) AS under_way
        FROM conversations c
        LEFT JOIN agent_settings a ON a.project_id = c.project_id AND a.id = c.agent_settings_id
        WHERE c.project_id = %(project)s AND c.id = %(conversation)s
        FOR UPDATE OF c
    ), granted AS (
        SELECT * FROM talk
        WHERE archived_at IS NULL AND (created_by = %(user)s OR %(is_admin)s) AND under_way < %(limit)s
            AND agent_id IS NOT NULL
    ), turn AS (
        INSERT INTO turns (project_id, id, conversation_id, query_id, user_id, state, owner, lease_until,
            cancel_requested)
        SELECT project_id, %(turn)s, id, next_query_id, %(user)s, 'running', %(owner)s,
            clock_timestamp() + make_interval(secs => %(lease)s), false
        FROM granted
        RETURNING id
    ), question AS (
        INSERT INTO messages (project_id, conversation_id, position, role, type, query_id, content, extra, created_at)
        SELECT project_id, id, next_position, 'user', 'message', next_query_id, %(text)s,
            jsonb_build_object('user_id', CAST(%(user)s AS text)), now()
        FROM granted
    ), counted AS (
        UPDATE conversations c
        SET next_query_id = c.next_query_id + 1, message_count = c.message_count + 1, updated_at = clock_timestamp()
        FROM granted g
        WHERE c.project_id = g.project_id AND c.id = g.id
    )
    SELECT talk.*, now() AS opened_at FROM talk LEFT JOIN turn ON true
"""


@dataclass(frozen=True)
class Ask:
    """A question as it came in. `base_url` is the base of the links in the answer."""

    access: Access
    conversation_id: UUID
    text: str
    base_url: str


async def start_turn(turns: TurnRunner, ask: Ask) -> TurnKey:
    """Store the question and start the turn.

    Raises NotFound or Forbidden as the conversation's rules have it, Conflict while another turn is running,
    TooManyRequests beyond the limits of the user and of the server, Unavailable while the server shuts down.
    """
    with turns.opening(ask.access.acting.user_id):
        work = await _open(turns, ask)
        turns.launch(work)
        return work.key


async def _open(turns: TurnRunner, ask: Ask) -> TurnWork:
    turn_id, limit = new_id(), turns.resources.settings.max_turns_per_user
    row = await _opened(turns, ask, turn_id)
    row = conversations.check_writable(ask.access, row)
    if row.under_way >= limit:
        raise too_many_turns(limit)
    if row.agent_id is None:
        raise Conflict(_NO_AGENT)
    key = TurnKey(row.project_id, turn_id, row.id, row.next_query_id)
    return TurnWork(
        key=key,
        user_id=ask.access.acting.user_id,
        opened_at=row.opened_at,
        opened=time.monotonic(),
        next_position=row.next_position + 1,
        question=ask.text,
        history=await _recent_messages(turns.resources.database, key) if key.query_id else [],
        instructions=row.conversation_instructions or row.additional_instructions or "",
        brief=row.project_brief or "",
        model=row.model or "",
        tools=_tools(row.tools) if row.tools else [],
        local_to=list(row.local_to or []),
        base_url=ask.base_url,
    )


async def _opened(turns: TurnRunner, ask: Ask, turn_id: UUID) -> Any:
    parameters = {
        "project": ask.access.project_id,
        "conversation": ask.conversation_id,
        "user": ask.access.acting.user_id,
        "is_admin": ask.access.is_admin,
        "turn": turn_id,
        "owner": turns.owner,
        "lease": turns.resources.settings.turn_lease_seconds,
        "limit": turns.resources.settings.max_turns_per_user,
        "text": ask.text,
    }
    for attempt in range(_ATTEMPTS):
        try:
            found = await turns.resources.database.direct.fetch(_OPEN, parameters, prepare=True)
            return found[0] if found else None
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name == "uq_turns_running":
                raise Conflict(_STILL_ANSWERING) from None
            # The statement waited for the end of the turn before, and still sees the messages without that one's.
            if error.diag.constraint_name != "pk_messages" or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _recent_messages(database: Database, key: TurnKey) -> list[tuple[str, str]]:
    """What users and assistant said before this turn, oldest first, without tool calls and reasoning."""
    query = (
        select(Message.role, Message.content)
        .where(
            Message.project_id == key.project_id,
            Message.conversation_id == key.conversation_id,
            Message.type == "message",
            Message.query_id < key.query_id,
        )
        .order_by(Message.position.desc())
        .limit(_HISTORY_MESSAGES)
    )
    async with database.read() as session:
        return [(role, content) for role, content in await session.execute(query)][::-1]
