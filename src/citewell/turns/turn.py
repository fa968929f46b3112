"""The record of a turn: a question and the work on its answer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from citewell.tools.factory import ToolConfig
from citewell.turns.messages import NewMessage


@dataclass(frozen=True)
class TurnKey:
    """Identifies a turn. `query_id` numbers the turns of a conversation, from 0."""

    project_id: UUID
    turn_id: UUID
    conversation_id: UUID
    query_id: int


@dataclass(frozen=True)
class Turn:
    """A turn as it was when it was opened: all data that answering needs, read in the transaction that opened it.

    `tools` are the agent's, in its order. `local_to` has the ids of the conversation and the agent, if these have
    documents of their own. `workflows_mode` and `workflows` select the agent's playbooks. `is_taught` says whether
    there may be artifacts, a graph or tags for the agent. `base_url` is the base of the links in the answer.
    `opened_at` is the database's time; `opened` is the monotonic clock of this process at the same moment, in seconds.
    The message of the question has the position `next_position` - 1.
    """

    key: TurnKey
    user_id: UUID
    question: str
    base_url: str
    opened_at: datetime
    opened: float
    next_position: int
    instructions: str = ""
    brief: str = ""
    model: str = ""
    tools: Sequence[ToolConfig] = ()
    local_to: Sequence[UUID] = ()
    workflows_mode: str = ""
    workflows: Sequence[UUID] = ()
    agent_id: UUID | None = None
    is_taught: bool = True

    def question_message(self) -> NewMessage:
        """Returns the message of the question, as it was stored when the turn was opened."""
        extra = {"user_id": str(self.user_id)}
        return NewMessage("user", "message", self.question, self.key.query_id, self.opened_at, extra)

    def now(self) -> datetime:
        """Returns the database's time without a query. This machine's own clock may differ from it, and may jump."""
        return self.opened_at + timedelta(seconds=time.monotonic() - self.opened)
