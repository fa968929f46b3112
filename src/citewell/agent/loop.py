"""The agent loop: ask the model, run the tools that it wants, ask again, until it answers."""

import asyncio
from collections.abc import Sequence

import msgspec

from citewell.agent.citations import Citation
from citewell.agent.claim_check import ClaimCheck, check_claims
from citewell.agent.claims import UnverifiedClaim
from citewell.agent.context import cut_text, fit, message_tokens
from citewell.agent.events import (
    AnswerText,
    TokensUsed,
    ToolAnswered,
    ToolRequested,
)
from citewell.agent.foreign_claims import Nearness
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
from citewell.agent.running import run_tool
from citewell.agent.sources import Sources
from citewell.agent.unmatched_words import ReadWords
from citewell.agent.unproven import find_unproven

_LEAST_PASSAGES = 150  # tokens
_LEAST_CONTEXT = 300  # tokens: with less, nothing can be asked
_MOST_SHORTENED = 4
_MOST_EMPTY = 2  # empty replies of one answer, for which the model is asked again


class Question(msgspec.Struct, frozen=True):
    """`history` is what was said before, as plain user and assistant messages, oldest first; `knowledge` what the
    project's experts wrote down beside its documents. `then` are calls of the asker's own tools, and their results,
    since the question."""

    text: str
    history: list[Message] = []
    then: list[Message] = []
    instructions: str = ""
    brief: str = ""
    knowledge: str = ""


class Answer(msgspec.Struct, frozen=True):
    """`usage` is the sum over all model calls; `reasoning` and `tool_uses` are in the order in which they ended;
    `raw` is the text as the model wrote it, with its citation markers; `claims` are those that no citation
    backs. `is_cut`: the model reached its limit, which the content says at its end. `claim_check` is what a
    model that checks claims said, where one was asked and answered. With `calls` the answer is not finished: the
    asker runs these tools of their own, and asks again with the results.
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


class AskersTools(msgspec.Struct, frozen=True):
    """Tools that the asker runs, whose calls end an answer. `must_call`: it ends with one of them and nothing else."""

    specs: list[ToolSpec] = []
    must_call: bool = False


CUT_NOTE = "\n\n*The answer was cut here, at the longest that the model writes. Ask it to go on.*"


async def answer(
    question: Question,
    model: Model,
    tools: Sequence[Tool],
    emit: Emit,
    limits: LoopLimits,
    sources: Sources | None = None,
    *,
    checker: Model | None = None,
    askers: AskersTools | None = None,
    nearness: Nearness | None = None,
    read_words: ReadWords | None = None,
) -> Answer:
    """Answer a question; what happens on the way goes to `emit`, which must be quick. With the `sources` of another
    answer, what is found here can be cited there by the same labels. A `checker` looks at the claims once more.
    `askers` are tools that the model may call beside its own. `nearness` compares claims with sources in another
    language; `read_words` gives the vectors of words, for the check of all other claims.

    Raises ModelError. A tool that fails or hangs is told to the model and ends nothing. Cancelling aborts the
    model call and running tools at once; what was emitted so far is what was said.
    """
    sources, askers = sources or Sources(), askers or AskersTools()
    toolbox = _Toolbox(tools, sources, emit, limits)
    dialogue = _opening(question)
    usage = Usage()
    reasoning: list[str] = []
    rounds = 0
    passages = ""  # found beforehand, for a model that calls no tools
    empty = 0
    takes_tools = True  # a fallback model may take no tools either
    while rounds <= limits.max_tool_rounds:
        if (tools or askers.specs) and not (takes_tools and model.takes_tools):
            tools, askers = [], AskersTools()
            if question.then:
                dialogue = _opening(msgspec.structs.replace(question, then=[]))
            passages = await toolbox.search_first(question.text)
        last = rounds == limits.max_tool_rounds
        request = _request(_with_passages(dialogue, passages, limits), tools, askers, limits, last=last)
        callable_now = () if request.tool_choice == "none" else [spec.name for spec in request.tools]
        reply = Reply(sources, emit, limits.max_answer_chars, callable_now)
        try:
            await reply.read(model, request)
        except NoTools:
            if not request.tools:
                raise
            takes_tools = False
            continue
        except ContextTooLong as error:
            limits = _shorter(limits, request, error)
            continue
        except EmptyAnswer:
            usage += reply.usage_or_estimate(request)
            emit([TokensUsed(usage)])
            empty += 1
            if empty > _MOST_EMPTY:
                raise
            continue
        except BaseException:
            if reply.raw:
                emit([TokensUsed(usage + reply.usage_or_estimate(request))])  # what broke off is paid for as well
            raise
        usage += reply.usage_or_estimate(request)
        reasoning += reply.reasoning
        emit([TokensUsed(usage)])
        handed = _calls_of(askers, reply)
        if handed or not reply.calls or (last and reply.content):
            claims = await find_unproven(reply.content, reply.citations, sources, nearness, read_words)
            content, is_cut = reply.content, reply.is_cut
            if is_cut:
                emit([AnswerText(CUT_NOTE)])
                content += CUT_NOTE
            check = None
            if checker is not None and not handed:
                claims, check = await check_claims(checker, content, reply.citations, sources, claims)
            if check is not None:
                usage += check.usage
                emit([TokensUsed(usage)])
            ended = (rounds, reasoning, toolbox.uses, reply.raw, claims, is_cut, check, handed)
            return Answer(content, reply.citations, usage, *ended)
        dialogue.append(Message("assistant", reply.raw, reply.calls, thoughts="\n".join(reply.reasoning)))
        dialogue += await toolbox.run(reply.calls, final=rounds + 1 == limits.max_tool_rounds)
        if spent := toolbox.take_usage():
            usage += spent
            emit([TokensUsed(usage)])
        rounds += 1
    raise ModelError("model_malformed", "The model called a tool instead of answering: ask again.")


def _opening(question: Question) -> list[Message]:
    system = Message("system", system_prompt(question.instructions, question.brief, question.knowledge))
    # A turn that was stopped before it said anything leaves an empty answer, which model servers refuse.
    history = [message for message in question.history if message.content.strip()]
    return [system, *history, Message("user", question.text), *question.then]


def _request(
    dialogue: Sequence[Message], tools: Sequence[Tool], askers: AskersTools, limits: LoopLimits, *, last: bool
) -> ModelRequest:
    """Builds the next request.

    Where a tool of the asker must be called, the model may search first; the last request offers only the asker's
    tools.
    """
    own = [] if last and askers.must_call else [tool.spec for tool in tools]
    return ModelRequest(
        messages=fit(dialogue, limits.max_context_tokens),
        tools=[*own, *askers.specs],
        max_output_tokens=limits.max_output_tokens,
        tool_choice="required" if askers.must_call else "none" if last else "auto",
    )


def _calls_of(askers: AskersTools, reply: Reply) -> list[ToolCall]:
    """The calls of the asker's tools. Our own in the same reply are left out: the model can call them again."""
    names = {spec.name for spec in askers.specs}
    return [call for call in reply.calls if call.name in names and not call.fault]


def _with_passages(dialogue: Sequence[Message], passages: str, limits: LoopLimits) -> list[Message]:
    """The dialogue with the passages in front of its question, as many of them as there is room for."""
    if not passages:
        return list(dialogue)
    *before, question = dialogue
    room = max(limits.max_context_tokens - sum(map(message_tokens, dialogue)), _LEAST_PASSAGES)
    asked = f"{cut_text(passages, room)}\n\nThese passages were found in the documents. Now answer: {question.content}"
    return [*before, msgspec.structs.replace(question, content=asked)]


def _shorter(limits: LoopLimits, request: ModelRequest, error: ContextTooLong) -> LoopLimits:
    """Limits for asking again with less to read, twice at most. Raises the error if there is nothing left to leave out.

    The server's own number is believed, less room for the answer; tokens are estimated, so a third stays free.
    """
    asked = sum(map(message_tokens, request.messages))
    room = error.limit * 2 // 3 if error.limit and error.limit < asked else asked // 2
    if room < _LEAST_CONTEXT or limits.shortened >= _MOST_SHORTENED:
        raise error
    shorter = msgspec.structs.replace(limits, max_context_tokens=room, shortened=limits.shortened + 1)
    return limited_to(shorter, error.limit) if error.limit else shorter


class _Toolbox:
    """Runs the calls of a round side by side, each within its limits."""

    def __init__(self, tools: Sequence[Tool], sources: Sources, emit: Emit, limits: LoopLimits) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._sources = sources
        self._emit = emit
        self._limits = limits
        self._usage = Usage()
        self.uses: list[ToolAnswered] = []

    def take_usage(self) -> Usage | None:
        """Returns what models that tools asked have used since the last call; None for nothing."""
        taken, self._usage = self._usage, Usage()
        return taken if taken != Usage() else None

    async def run(self, calls: Sequence[ToolCall], *, final: bool) -> list[Message]:
        """The results for the model, in the order of the calls. After the final round it is told to answer."""
        allowed, refused = calls[: self._limits.max_tool_calls], calls[self._limits.max_tool_calls :]
        self._emit([ToolRequested(call, self._type(call)) for call in allowed])
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._run_one(call)) for call in allowed]
        texts = [task.result() for task in tasks] + ["Not run: too many calls at once. Ask for fewer."] * len(refused)
        if final:
            texts[-1] += "\n\n(This was the last tool call: answer now with what you have.)"
        return [Message("tool", text, tool_call_id=call.id) for call, text in zip(calls, texts, strict=True)]

    async def search_first(self, question: str) -> str:
        """Searches for the question and returns the result as text for the model; empty without a search tool."""
        tool = next((tool for tool in self._tools.values() if tool.spec.searches), None)
        if tool is None or self.uses:
            return ""
        [found] = await self.run([ToolCall("search_1", tool.spec.name, {"query": question})], final=False)
        return found.content

    async def _run_one(self, call: ToolCall) -> str:
        seconds, max_bytes = self._limits.tool_seconds, self._limits.max_result_bytes
        tool = self._tools.get(call.name)
        outcome = await run_tool(call, tool, self._sources, seconds=seconds, max_bytes=max_bytes)
        self._usage += outcome.usage
        answered = ToolAnswered(call, self._type(call), outcome.results)
        self.uses.append(answered)
        self._emit([answered])
        return outcome.text

    def _type(self, call: ToolCall) -> str:
        tool = self._tools.get(call.name)
        return tool.tool_type if tool is not None else "unknown"
