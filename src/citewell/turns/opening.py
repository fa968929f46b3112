"""Opens a turn: stores the question, and starts a task for the answer that does not depend on the connection."""

import time
from uuid import UUID

import msgspec
import psycopg

from citewell.errors import Conflict, NotFound
from citewell.kit.ids import new_id
from citewell.tools.factory import ToolConfig
from citewell.turns.repository.opening import NewTurn, OpenedRow, open_turn
from citewell.turns.runner import TurnRunner
from citewell.turns.slots import too_many_turns
from citewell.turns.turn import Turn, TurnKey

_ATTEMPTS = 3
_TITLE_CHARS = 80
_NO_SUCH = "There is no such conversation in this project."
_ARCHIVED = "The conversation has been archived: bring it back to ask in it."
_STILL_ANSWERING = "This conversation is still answering: wait for the end of the running turn, or cancel it."
_NO_AGENT = "The agent of this conversation has been deleted: it can be read, but for a question begin a new one."
_tools = msgspec.json.Decoder(list[ToolConfig]).decode


async def start_turn(
    turns: TurnRunner, project_id: UUID, conversation_id: UUID, user_id: UUID, question: str, base_url: str
) -> TurnKey:
    """Stores the question, starts the turn and returns its key. The caller checks permissions before.

    `base_url` is the base of the links in the answer. Raises NotFound, Conflict while another turn of the conversation
    is running, TooManyRequests beyond the limits of the user and of the server, and Unavailable while the server shuts
    down. If it raises, no turn was opened.
    """
    settings = turns.resources.settings
    new = NewTurn(
        project_id=project_id,
        conversation_id=conversation_id,
        turn_id=new_id(),
        user_id=user_id,
        user_limit=settings.max_turns_per_user,
        owner=turns.owner,
        lease_seconds=settings.turn_lease_seconds,
        question=question,
        title=_title(question),
    )
    with turns.opening(user_id):
        asked = time.monotonic()
        row = _checked(await _open(turns, new), new.user_limit)
        turn = Turn(
            key=TurnKey(project_id, new.turn_id, conversation_id, row.next_query_id),
            user_id=user_id,
            question=question,
            base_url=base_url,
            opened_at=row.opened_at,
            opened=time.monotonic(),
            next_position=row.next_position + 1,
            instructions=row.conversation_instructions or row.additional_instructions or "",
            brief=row.project_brief or "",
            model=row.model or "",
            tools=_tools(row.tools) if row.tools else [],
            local_to=list(row.local_to or []),
            workflows_mode=row.selected_workflows_mode or "",
            workflows=list(row.selected_workflows or []),
            agent_id=row.agent_id,
            is_taught=row.is_taught,
        )
        turns.launch(turn, asked)
        return turn.key


def _title(question: str) -> str:
    """Makes the title of an unnamed conversation from its first question."""
    line = " ".join(question.split())
    return line if len(line) <= _TITLE_CHARS else line[:_TITLE_CHARS].rsplit(" ", 1)[0] + "…"


def _checked(row: OpenedRow | None, limit: int) -> OpenedRow:
    """Returns the row if the turn was opened. Else raises NotFound, Conflict or TooManyRequests with the reason."""
    if row is None:
        raise NotFound(_NO_SUCH)
    if row.archived_at is not None:
        raise Conflict(_ARCHIVED)
    if row.under_way >= limit:
        raise too_many_turns(limit)
    if row.agent_id is None:
        raise Conflict(_NO_AGENT)
    return row


async def _open(turns: TurnRunner, new: NewTurn) -> OpenedRow | None:
    for attempt in range(_ATTEMPTS):
        try:
            return await open_turn(turns.resources.database, new)
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name == "uq_turns_running":
                raise Conflict(_STILL_ANSWERING) from None
            # The statement waited for the previous turn to end, but its snapshot lacks that turn's messages.
            if error.diag.constraint_name != "pk_messages" or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")
