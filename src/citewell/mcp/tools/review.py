"""The review loop: feedback that agents give and people look at, and the conversations and interviews behind it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from citewell.conversations import listing
from citewell.conversations import service as conversations
from citewell.conversations.repository.listing import Filters
from citewell.conversations.schemas import history_to_wire
from citewell.feedback import reading as feedback_reading
from citewell.feedback import service as feedback
from citewell.feedback.repository.reading import FeedbackFilters, read_feedback
from citewell.feedback.schemas import OpinionUpdate, feedback_to_wire
from citewell.interviews import schemas as interview_schemas
from citewell.interviews import service as interviews
from citewell.mcp.bounds import page_of
from citewell.mcp.context import McpContext
from citewell.mcp.tool import OBJECT, OBJECTS, TEXT, McpTool, Result, json_object
from citewell.mcp.tools.arguments import Arguments, InStore, Paged
from citewell.models import Feedback, Signal
from citewell.signals import reading as signal_reading
from citewell.turns.repository.history import history

Kind = Literal["signal", "feedback"]
PayloadType = Literal[
    "missing_playbook",
    "insufficient_data",
    "user_dissatisfaction",
    "weak_playbook",
    "schema_gap",
    "conflicting_data",
    "user_knowledge",
    "skill_improvement",
    "direct_feedback",
]
_NEGATIVE = frozenset({"insufficient_data", "user_dissatisfaction", "weak_playbook", "direct_feedback"})
_DETAILS = 20_000  # characters


class Payload(Arguments, extra="allow"):
    """What happened. Beside these fields, each type takes those of its own, such as `conflicts` or `tools_used`."""

    type: PayloadType
    reason: Annotated[str, Field(min_length=1, max_length=_DETAILS, description="What happened, and what would help.")]
    is_positive: bool | None = None
    user_query: Annotated[str | None, Field(max_length=_DETAILS, description="The user's question.")] = None

    @model_validator(mode="after")
    def _asked(self) -> "Payload":
        if self.type != "direct_feedback" and not self.user_query:
            raise ValueError(f"{self.type} needs user_query, the question that it is about")
        return self

    @property
    def opinion(self) -> bool | None:
        if self.is_positive is not None:
            return self.is_positive
        return False if self.type in _NEGATIVE else None


class Give(InStore):
    payload: Payload


class ListFeedback(Paged):
    status: Literal["to_review", "reviewed"] | None = None
    kind: Annotated[Kind, Field(description="signal: given by agents; feedback: on answers in conversations.")] = (
        "signal"
    )


class FeedbackChoice(InStore):
    feedback_id: UUID
    kind: Kind = "signal"


class ConversationChoice(Paged):
    conversation_id: UUID


class InterviewChoice(Paged):
    interview_id: UUID


async def create_feedback(context: McpContext, wanted: Give) -> Result:
    access = await context.access(wanted.project_id)
    given = wanted.payload.model_dump(mode="json", exclude_none=True)
    async with context.resources.database.write() as session:
        row = await feedback.give_signal(session, access, given, wanted.payload.reason, wanted.payload.opinion)
    return Result({"id": str(row.id), "status": row.status})


async def list_feedback(context: McpContext, wanted: ListFeedback) -> Result:
    access = await context.access(wanted.project_id)
    database, filters = context.resources.database, FeedbackFilters(wanted.status)
    shown: list[dict[str, Any]]
    if wanted.kind == "signal":
        count, shown = await signal_reading.list_signals(database, access, filters, wanted.limit, wanted.offset)
    else:
        count, rows = await feedback_reading.list_feedback(database, access, filters, wanted.limit, wanted.offset)
        shown = [feedback_to_wire(row) for row in rows]
    return Result(page_of(shown, "feedback", wanted.offset, count))


async def get_feedback(context: McpContext, wanted: FeedbackChoice) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        await feedback.get_changeable(session, access, _MODELS[wanted.kind], wanted.feedback_id)
    return Result(await _read(context, access, wanted))


async def resolve_feedback(context: McpContext, wanted: FeedbackChoice) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.write() as session:
        change = OpinionUpdate(status="reviewed")
        await feedback.change(session, access, _MODELS[wanted.kind], wanted.feedback_id, change)
    return Result(await _read(context, access, wanted))


_MODELS: dict[Kind, type[Feedback] | type[Signal]] = {"signal": Signal, "feedback": Feedback}


async def _read(context: McpContext, access: Any, wanted: FeedbackChoice) -> dict[str, Any]:
    database = context.resources.database
    if wanted.kind == "signal":
        return await signal_reading.read_signal(database, access, wanted.feedback_id)
    return feedback_to_wire(await read_feedback(database, access.project_id, wanted.feedback_id))


async def list_conversations(context: McpContext, wanted: Paged) -> Result:
    access = await context.access(wanted.project_id)
    count, rows = await listing.list_conversations(
        context.resources.database, access, Filters(), wanted.limit, wanted.offset
    )
    shown = [
        {"id": str(row.id), "name": row.name, "agent": row.agent_name, "created_at": row.created_at.isoformat()}
        for row in rows
    ]
    return Result(page_of(shown, "conversations", wanted.offset, count))


async def get_conversation(context: McpContext, wanted: ConversationChoice) -> Result:
    access = await context.access(wanted.project_id)
    database = context.resources.database
    async with database.read() as session:
        found = await conversations.readable(session, access, wanted.conversation_id)
    said = await history(database, access.project_id, found.id)
    shown = history_to_wire(said[wanted.offset : wanted.offset + wanted.limit], context.base_url, access.project_id)
    return Result({"id": str(found.id), "name": found.name} | page_of(shown, "messages", wanted.offset, len(said)))


async def list_interviews(context: McpContext, wanted: Paged) -> Result:
    access = await context.access(wanted.project_id)
    count, rows = await interviews.list_interviews(
        context.resources.database, access, mine=False, statuses=(), text="", limit=wanted.limit, offset=wanted.offset
    )
    return Result(page_of([interview_schemas.listed(row) for row in rows], "interviews", wanted.offset, count))


async def get_interview(context: McpContext, wanted: InterviewChoice) -> Result:
    access = await context.access(wanted.project_id)
    row = await interviews.get_interview(context.resources.database, access, wanted.interview_id)
    shown = interview_schemas.full(row)
    said = shown["chat_history"][wanted.offset :]
    return Result(shown | page_of(said[: wanted.limit], "chat_history", wanted.offset, len(shown["chat_history"])))


_ONE = json_object(id=TEXT)
TOOLS = (
    McpTool(
        "create_feedback",
        "Give feedback",
        "Tell the people who keep a store what was missing, wrong or learned. One message a cause; at the end of the "
        "answer, or at once when the user is dissatisfied.",
        Give,
        create_feedback,
        json_object(id=TEXT, status=TEXT),
        writes=True,
    ),
    McpTool(
        "list_feedback",
        "List feedback",
        "Feedback that the user may see, newest first.",
        ListFeedback,
        list_feedback,
        json_object(feedback=OBJECTS),
    ),
    McpTool("get_feedback", "Read feedback", "One piece of feedback.", FeedbackChoice, get_feedback, _ONE),
    McpTool(
        "resolve_feedback",
        "Resolve feedback",
        "Mark feedback as reviewed.",
        FeedbackChoice,
        resolve_feedback,
        _ONE,
        writes=True,
    ),
    McpTool(
        "list_conversations",
        "List conversations",
        "Conversations with a store that the user may read, newest first.",
        Paged,
        list_conversations,
        json_object(conversations=OBJECTS),
    ),
    McpTool(
        "get_conversation",
        "Read a conversation",
        "The messages of a conversation, from offset.",
        ConversationChoice,
        get_conversation,
        json_object(id=TEXT, messages=OBJECTS),
    ),
    McpTool(
        "list_interviews",
        "List interviews",
        "Interviews of a store that the user may see, newest first.",
        Paged,
        list_interviews,
        json_object(interviews=OBJECTS),
    ),
    McpTool(
        "get_interview",
        "Read an interview",
        "An interview with its messages, from offset.",
        InterviewChoice,
        get_interview,
        OBJECT,
    ),
)
