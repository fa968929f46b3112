"""The agent loop: ask the model, run the tools that it wants, ask again, until it answers."""

from collections.abc import Sequence

import msgspec

from citewell.agent.citations import Citation, plain_history
from citewell.agent.claim_check import ClaimCheck, check_claims
from citewell.agent.claims import UnverifiedClaim
from citewell.agent.context import cut_text, fit, message_tokens
from citewell.agent.events import AnswerText, TokensUsed, ToolAnswered
from citewell.agent.limits import LoopLimits, limited_to
from citewell.agent.prompt import system_prompt
from citewell.agent.protocol import (
    ContextTooLong,
    Message,
    Model,
    ModelError,
    ModelRequest,
    NoTools,
    Tool,
    ToolCall,
    ToolSpec,
    Usage,
)
from citewell.agent.reply import Emit, EmptyAnswer, Reply
from citewell.agent.sources import Sources
from citewell.agent.toolbox import Toolbox
from citewell.agent.unverified import WORDS_ONLY, ClaimChecks, find_unverified

_MIN_PASSAGES_TOKENS = 150
_MIN_CONTEXT_TOKENS = 300  # with less, nothing can be asked
_MAX_SHORTENED = 4  # times that one answer's dialogue is shortened
_MAX_EMPTY_REPLIES = 2  # of one answer, after which the model is asked again


class ClientTools(msgspec.Struct, frozen=True):
    """Tools that the client runs: calling one ends the answer. `must_call` requires the model to call one of them."""

    specs: list[ToolSpec] = []
    must_call: bool = False


NO_CLIENT_TOOLS = ClientTools()


class Question(msgspec.Struct, frozen=True):
    """A question and what the model is told with it.

    `history` holds the earlier user and assistant messages, oldest first. `knowledge` is what the project's experts
    wrote down. The model may call `client_tools` beside the agent's own. `client_messages` follow the question: earlier
    calls of the client's tools, and their results.
    """

    text: str
    history: list[Message] = []
    client_messages: list[Message] = []
    client_tools: ClientTools = NO_CLIENT_TOOLS
    instructions: str = ""
    brief: str = ""
    knowledge: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The answer to a question, or a request to run the client's tools.

    `content` is the text as it was shown. `raw` is the text as the model wrote it, with its citation markers.
    `usage` is the sum over all model calls; `usage_of_others` is the part of other models (see TokensUsed).
    `reasoning` and `tool_uses` are in the order in which they ended. `claims` lists the claims that no citation
    backs. `is_cut` says that the model reached its output limit; `content` then ends with CUT_NOTE. `claim_check`
    is the verdict of a model that checks claims: None if none was asked or it failed. `calls` are calls of the
    client's tools: the client runs them and asks again with the results.
    """

    content: str
    citations: list[Citation]
    usage: Usage
    tool_rounds: int
    reasoning: list[str]
    tool_uses: list[ToolAnswered]
    raw: str = ""
    claims: list[UnverifiedClaim] = []
    is_cut: bool = False
    claim_check: ClaimCheck | None = None
    calls: list[ToolCall] = []
    usage_of_others: Usage = Usage()


CUT_NOTE = "\n\n*The answer was cut here, at the longest that the model writes. Ask it to go on.*"


def earlier_answer(content: str) -> Message:
    """Returns an answer of the conversation as the model is told of it: without links, and without CUT_NOTE."""
    return Message("assistant", plain_history(content.rstrip().removesuffix(CUT_NOTE)))


async def answer(
    question: Question,
    model: Model,
    tools: Sequence[Tool],
    emit: Emit,
    limits: LoopLimits,
    sources: Sources | None = None,
    *,
    checks: ClaimChecks = WORDS_ONLY,
) -> Answer:
    """Answers a question. Each event goes to `emit`, which must not block: it runs on the event loop.

    Chunks that tools find are added to `sources`; pass the `sources` of another answer to share its labels.

    Raises ModelError. A tool that fails or hangs is reported to the model and does not end the answer. Cancelling
    aborts the model call and running tools at once; the events emitted so far remain valid.
    """
    sources = sources or Sources()
    loop = _Loop(question, model, tools, sources, emit, limits)
    reply, client_calls = await loop.run()
    claims = await find_unverified(reply.content, reply.citations, sources, checks)
    content = reply.content
    if reply.is_cut:
        emit([AnswerText(CUT_NOTE)])
        content += CUT_NOTE
    check = None
    if checks.model is not None and not client_calls:
        claims, check = await check_claims(checks.model, content, reply.citations, sources, claims)
    if check is not None:
        loop.count(check.usage, by_other=True)
    return Answer(
        content=content,
        citations=reply.citations,
        usage=loop.usage,
        tool_rounds=loop.rounds,
        reasoning=loop.reasoning,
        tool_uses=loop.toolbox.uses,
        raw=reply.raw,
        claims=claims,
        is_cut=reply.is_cut,
        claim_check=check,
        calls=client_calls,
        usage_of_others=loop.usage_of_others,
    )


class _Loop:
    """The rounds of one answer, and what they used so far. A round ends with the results of tools."""

    def __init__(
        self,
        question: Question,
        model: Model,
        tools: Sequence[Tool],
        sources: Sources,
        emit: Emit,
        limits: LoopLimits,
    ) -> None:
        self.toolbox = Toolbox(tools, sources, emit, limits)
        self.usage = Usage()
        self.usage_of_others = Usage()
        self.reasoning: list[str] = []
        self.rounds = 0
        self._question = question
        self._model = model
        self._tools = tools
        self._client_tools = question.client_tools
        self._sources = sources
        self._emit = emit
        self._limits = limits
        self._dialogue = _opening(question)
        self._passages = ""  # found beforehand, for a model that calls no tools
        self._empty_replies = 0

    async def run(self) -> tuple[Reply, list[ToolCall]]:
        """Returns the reply that answers, and its calls of the client's tools. Raises ModelError."""
        while self.rounds <= self._limits.max_tool_rounds:
            if not self._model.takes_tools:
                await self._go_without_tools()
            is_last = self.rounds == self._limits.max_tool_rounds
            reply = await self._ask(is_last=is_last)
            if reply is None:
                continue
            client_calls = _calls_of(self._client_tools, reply)
            if client_calls or not reply.calls or (is_last and reply.content):
                return reply, client_calls
            await self._run_tools(reply)
        raise ModelError("model_malformed", "The model called a tool instead of answering: ask again.")

    async def _ask(self, *, is_last: bool) -> Reply | None:
        """Sends one request and returns the reply.

        Returns None if the model must be asked again: without tools, with a shorter dialogue, or because the reply was
        empty.
        """
        request = self._request(is_last=is_last)
        callable_now = () if request.tool_choice == "none" else [spec.name for spec in request.tools]
        reply = Reply(self._sources, self._emit, self._limits.max_answer_chars, callable_now)
        try:
            await reply.read(self._model, request)
        except NoTools:  # of a fallback model, which may take none either
            if not request.tools:
                raise
            await self._go_without_tools()
            return None
        except ContextTooLong as error:
            self._limits = _shorter(self._limits, request, error)
            return None
        except EmptyAnswer:
            self.count(reply.usage_or_estimate(request))
            self._empty_replies += 1
            if self._empty_replies > _MAX_EMPTY_REPLIES:
                raise
            return None
        except BaseException:
            if reply.raw:
                self.count(reply.usage_or_estimate(request))  # the provider charges for a reply that breaks off, too
            raise
        self.reasoning += reply.reasoning
        self.count(reply.usage_or_estimate(request))
        return reply

    async def _go_without_tools(self) -> None:
        """Gives the model passages instead of tools, and drops the calls and results of the client's tools."""
        if not self._tools and not self._client_tools.specs:
            return
        self._tools, self._client_tools = [], NO_CLIENT_TOOLS
        if self._question.client_messages:
            self._dialogue = _opening(msgspec.structs.replace(self._question, client_messages=[]))
        self._passages = await self.toolbox.search_first(self._question.text)

    async def _run_tools(self, reply: Reply) -> None:
        self._dialogue.append(Message("assistant", reply.raw, reply.calls, thoughts="\n".join(reply.reasoning)))
        is_final = self.rounds + 1 == self._limits.max_tool_rounds
        self._dialogue += await self.toolbox.run(reply.calls, final=is_final)
        if spent := self.toolbox.take_usage():
            self.count(spent, by_other=True)
        self.rounds += 1

    def count(self, used: Usage, *, by_other: bool = False) -> None:
        self.usage += used
        if by_other:
            self.usage_of_others += used
        self._emit([TokensUsed(self.usage, self.usage_of_others)])

    def _request(self, *, is_last: bool) -> ModelRequest:
        """Builds the next request.

        If the model must call a tool of the client, it may search first. The last request then offers only the
        client's tools.
        """
        dialogue = _with_passages(self._dialogue, self._passages, self._limits)
        must_call = self._client_tools.must_call
        searching = [] if is_last and must_call else [tool.spec for tool in self._tools]
        return ModelRequest(
            messages=fit(dialogue, self._limits.max_context_tokens),
            tools=[*searching, *self._client_tools.specs],
            max_output_tokens=self._limits.max_output_tokens,
            tool_choice="required" if must_call else "none" if is_last else "auto",
        )


def _opening(question: Question) -> list[Message]:
    """Returns the messages in front of the model's first reply."""
    system = Message("system", system_prompt(question.instructions, question.brief, question.knowledge))
    # A turn that was stopped before it said anything leaves an empty answer, which model servers refuse.
    history = [message for message in question.history if message.content.strip()]
    return [system, *history, Message("user", question.text), *question.client_messages]


def _calls_of(client_tools: ClientTools, reply: Reply) -> list[ToolCall]:
    """Returns the calls of the client's tools. Other calls in the same reply are dropped: the model can repeat them."""
    names = {spec.name for spec in client_tools.specs}
    return [call for call in reply.calls if call.name in names and not call.fault]


def _with_passages(dialogue: Sequence[Message], passages: str, limits: LoopLimits) -> list[Message]:
    """Returns the dialogue with as many passages as there is room for, put in front of the question."""
    if not passages:
        return list(dialogue)
    *before, question = dialogue
    room = max(limits.max_context_tokens - sum(map(message_tokens, dialogue)), _MIN_PASSAGES_TOKENS)
    asked = f"{cut_text(passages, room)}\n\nThese passages were found in the documents. Now answer: {question.content}"
    return [*before, msgspec.structs.replace(question, content=asked)]


def _shorter(limits: LoopLimits, request: ModelRequest, error: ContextTooLong) -> LoopLimits:
    """Returns limits for asking again with a shorter dialogue.

    If the server named its context size, two thirds of it are used: the rest is for the answer and for the error of
    the token estimate. Else the dialogue is halved. Raises the error after _MAX_SHORTENED attempts, and when too little
    room is left to ask anything.
    """
    asked = sum(map(message_tokens, request.messages))
    room = error.limit * 2 // 3 if error.limit and error.limit < asked else asked // 2
    if room < _MIN_CONTEXT_TOKENS or limits.shortened >= _MAX_SHORTENED:
        raise error
    shorter = msgspec.structs.replace(limits, max_context_tokens=room, shortened=limits.shortened + 1)
    return limited_to(shorter, error.limit) if error.limit else shorter
