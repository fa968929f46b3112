"""The protocols of models and tools that the agent loop uses."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from citewell.agent.sources import Sources


class ToolCall(msgspec.Struct, frozen=True):
    """A model's request to run a tool.

    `fault` says why the arguments cannot be read; the model is told, and the tool is not run. `extra` is what the
    server sent beside the call and expects back with it, such as Gemini's thought signatures.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    fault: str = ""
    extra: dict[str, Any] | None = None


class Message(msgspec.Struct, frozen=True):
    """One message of the dialogue with a model.

    `tool_call_id` is set on messages of role "tool" only: it names the call that the message answers. `thoughts` is the
    reasoning before the message's tool calls; only servers that refuse the calls without it get it back.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: list[ToolCall] = []
    tool_call_id: str | None = None
    thoughts: str = ""


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as the model is told of it.

    `parameters` is a JSON schema of type object. `searches` marks a tool that takes a `query` and returns passages;
    `reads` marks one that also answers the built-in model's reading requests (`citewell.agent.reading`).
    """

    name: str
    description: str
    parameters: dict[str, Any]
    searches: bool = False
    reads: bool = False


class ModelRequest(msgspec.Struct, frozen=True):
    """One request to a model.

    With `tool_choice` "none" the tools are still listed, because the dialogue mentions them, but the model may not
    call them; with "required" it must call one. `schema` is the JSON schema of the answer. `reasoning_effort` says how
    long to think ("low", "high"). Servers that do not know `schema` or `reasoning_effort` ignore them.
    """

    messages: list[Message]
    tools: list[ToolSpec]
    max_output_tokens: int | None = None
    temperature: float | None = None
    tool_choice: Literal["auto", "none", "required"] = "auto"
    schema: dict[str, Any] | None = None
    reasoning_effort: str | None = None


class TextDelta(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True):
    """A piece of the model's thinking."""

    text: str


class ToolCallReady(msgspec.Struct, frozen=True):
    """A tool call whose arguments have arrived completely."""

    call: ToolCall


class Cited(msgspec.Struct, frozen=True):
    """A citation that the server sends beside the text. It backs the text just before it, and names its source by the
    quoted `words`, or by an `address`.
    """

    words: str = ""
    address: str = ""
    title: str = ""


class Usage(msgspec.Struct, frozen=True):
    """Tokens that the model has read and written."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens - other.input_tokens, self.output_tokens - other.output_tokens)


class Finished(msgspec.Struct, frozen=True):
    """The end of a reply. `reason` is the server's own word, such as `stop`, `length` or `tool_calls`."""

    reason: str


ModelEvent = TextDelta | ReasoningDelta | ToolCallReady | Cited | Usage | Finished


class Model(Protocol):
    """A model server, or a built-in model. `takes_tools` becomes false once the server has said that it takes none."""

    name: str

    @property
    def takes_tools(self) -> bool: ...

    def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the events of one reply in batches, one for each network read. Raises ModelError."""
        ...

    async def aclose(self) -> None: ...


class ModelError(Exception):
    """The model did not answer, or its answer broke off.

    `code` is stable: model_unreachable, model_timeout, model_rate_limited, model_refused, model_unauthorized,
    model_server_error, model_cut_off, model_malformed, model_no_tools, model_context_too_long. `message` is safe to
    show to users. `retryable` says that the same request may succeed later; `retry_after` is the wait in seconds that
    the server asked for, or None. `detail` is the server's own text, for administrators only. It never holds a key.
    """

    detail = ""

    def __init__(self, code: str, message: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after


class NoTools(ModelError):
    """The model cannot call tools. The loop then searches by itself and puts the passages in front of the question."""

    def __init__(self) -> None:
        super().__init__("model_no_tools", "The model server does not support tools with this model.")


class ContextTooLong(ModelError):
    """The dialogue exceeds the model's context. `limit` is its size in tokens, None if the server did not say."""

    def __init__(self, limit: int | None) -> None:
        super().__init__("model_context_too_long", "The question and what was found are too long for this model.")
        self.limit = limit


class ToolOutcome(msgspec.Struct, frozen=True):
    """What a tool call returned.

    `results` go to clients and into the history; `text` goes to the model. `usage` counts the tokens of models that the
    tool itself asked. `fault` is the error code of a call that failed, else empty.
    """

    results: list[dict[str, Any]]
    text: str
    usage: Usage = Usage()
    fault: str = ""


class ToolFailure(Exception):
    """The tool could not do what was asked. The text tells the model how to call it correctly."""

    code = "tool_failure"


class InvalidArguments(ToolFailure):
    """The arguments do not match the tool's parameters."""

    code = "invalid_arguments"


class NoSuchObject(ToolFailure):
    """The arguments name something that does not exist or is not available to this tool."""

    code = "no_such_object"


class Tool(Protocol):
    """Something that the model may call. `tool_type` is its kind, as clients know it."""

    spec: ToolSpec
    tool_type: str

    async def run(self, arguments: dict[str, Any], sources: "Sources") -> ToolOutcome: ...
