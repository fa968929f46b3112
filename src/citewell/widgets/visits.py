"""What a visitor may do: ask the widget's agent, and read their own conversation and what its answers cite."""

import time
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.conversations import turns as turns_of
from citewell.errors import CitewellError, Conflict, Forbidden, NotFound, TooManyRequests
from citewell.models import AgentSettings, User, Widget
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey
from citewell.widgets import repository
from citewell.widgets.shares import Shares, share_of

TYPE = "widget"  # of its conversations
_HOUR = 3600
_TITLE = 80  # characters


@dataclass(frozen=True)
class Visit:
    """A visitor of a widget, with the access of the widget's account. `network` is the one they ask from."""

    widget: Widget
    access: Access
    conversation_id: UUID
    network: str


async def open_visit(
    session: AsyncSession, project_id: UUID, widget_id: UUID, origin: str | None
) -> tuple[Widget, Access]:
    """Returns the widget and its account's access.

    Raises NotFound for no such widget, Forbidden for an origin that is not one of its own, and for one that is switched
    off.
    """
    widget = await session.get(Widget, (project_id, widget_id))
    user = await session.get(User, widget.user_id) if widget is not None else None
    if widget is None or user is None:
        raise NotFound("There is no such widget.")
    if not widget.enabled or origin is None or origin.lower() not in widget.origins:
        raise Forbidden("This widget is not open to pages of this origin: an admin of its project can add it.")
    return widget, await resolve_access(session, project_id, Caller(user.id, user.email, is_superuser=False))


async def is_open_to(session: AsyncSession, visit: Visit, origin: str | None) -> bool:
    """Whether the visitor may still read: their widget is there, switched on and open to the origin, and its account is
    still a member of the project."""
    try:
        _, access = await open_visit(session, visit.widget.project_id, visit.widget.id, origin)
    except (NotFound, Forbidden):
        return False
    return access.allows(Permission.VIEW)


async def ask(turns: TurnRunner, shares: Shares, visit: Visit, question: str) -> TurnKey:
    """Start an answer, in the conversation that the first question begins. Raises TooManyRequests beyond the widget's
    questions of an hour and the network's share of them, and what `conversations.turns.ask` raises. A question that is
    refused counts for neither."""
    widget, database, hour = visit.widget, turns.resources.database, int(time.time()) // _HOUR
    if not shares.take(widget.id, visit.network, share_of(widget.questions_per_hour), hour):
        raise TooManyRequests("Your network has asked its share of this hour's questions here: try again later.")
    try:
        async with database.write() as session:
            await _count(session, visit, hour, question)
        try:
            return await turns_of.ask(turns, visit.access, visit.conversation_id, question)
        except CitewellError:
            async with database.write() as session:
                await repository.uncount_question(session, widget, hour)
            raise
    except CitewellError:
        shares.give_back(widget.id, visit.network, hour)
        raise


async def _count(session: AsyncSession, visit: Visit, hour: int, question: str) -> None:
    """Count the question, and begin the conversation where it is the first."""
    widget = visit.widget
    if not await repository.count_question(session, widget, hour):
        raise TooManyRequests("This widget has answered all questions of this hour: try again later.")
    if await session.get(AgentSettings, (widget.project_id, widget.agent_settings_id)) is None:
        raise Conflict("The agent of this widget has been deleted: an admin of its project can choose another.")
    await repository.add_conversation(session, widget, visit.conversation_id, question[:_TITLE], TYPE)


async def check_cited(session: AsyncSession, visit: Visit, chunk_id: UUID) -> None:
    """Raises NotFound unless an answer of the visitor's conversation cites the chunk."""
    if not await repository.is_cited(session, visit.widget.project_id, visit.conversation_id, chunk_id):
        raise NotFound("No answer of this conversation cites that passage.")
