"""The protocols of models and tools that the agent loop uses."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from citewell.agent.sources import Sources


class ToolCall(msgspec.Struct, frozen=True):
    """`fault` says what is wrong with a call whose arguments cannot be read: such a call is answered, not run. `extra`
    is what the server said beside it and wants back with it, as Gemini's signatures."""

    id: str
    name: str
    arguments: dict[str, Any]
    fault: str = ""
    extra: dict[str, Any] | None = None


class Message(msgspec.Struct, frozen=True):
    """One message of the dialogue with a model.

    Only messages of tools have `tool_call_id`. `thoughts` are the reasoning before its calls; they are sent back only
    to servers that refuse the calls without them.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: list[ToolCall] = []
    tool_call_id: str | None = None
    thoughts: str = ""


class ToolSpec(msgspec.Struct, frozen=True):
    """`parameters` is a JSON schema of type object. `searches` marks a tool whose results answer a `query` with
    passages, whatever it is called; `reads` one that also reads for the built-in model (`citewell.agent.reading`)."""

    name: str
    description: str
    parameters: dict[str, Any]
    searches: bool = False
    reads: bool = False


class ModelRequest(msgspec.Struct, frozen=True):
    """One request.

    With the tool choice "none" the tools are listed, because the dialogue mentions them, but may not be used; with
    "required" one must be used. `schema` is the JSON schema of the answer. `reasoning_effort` says how long to think
    ("low", "high"). Servers that do not know these ignore them.
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
    """A tool call whose arguments have come in whole."""

    call: ToolCall


class Cited(msgspec.Struct, frozen=True):
    """A citation that the server gives beside the text, for what was said last: the quoted `words`, or an `address`."""

    words: str = ""
    address: str = ""
    title: str = ""


class Usage(msgspec.Struct, frozen=True):
    """Tokens that the model has read and written."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


class Finished(msgspec.Struct, frozen=True):
    """The end of a reply. `reason` is the server's own word, such as `stop`, `length` or `tool_calls`."""

    reason: str


ModelEvent = TextDelta | ReasoningDelta | ToolCallReady | Cited | Usage | Finished


class Model(Protocol):
    """A model server, or what stands for one. `takes_tools` is false once the server has said that it takes none."""

    name: str

    @property
    def takes_tools(self) -> bool: ...

    def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields batches: all that one network read brought. Raises ModelError."""
        ...

    async def aclose(self) -> None: ...


class ModelError(Exception):
    """The model did not answer, or not to the end.

    `code` is stable: model_unreachable, model_timeout, model_rate_limited, model_refused, model_unauthorized,
    model_server_error, model_cut_off, model_malformed, model_no_tools, model_context_too_long. `message` is safe to
    show to users; `retryable` says that the same request may pass later, `retry_after` (seconds) when the server says
    so. `detail` is what the server said itself, for administrators: it may hold anything but a key.
    """

    detail = ""

    def __init__(self, code: str, message: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after


class NoTools(ModelError):
    """The server cannot call tools with this model: search first, and put the passages into the question."""

    def __init__(self) -> None:
        super().__init__("model_no_tools", "The model server does not support tools with this model.")


class ContextTooLong(ModelError):
    """The dialogue is longer than the model reads. `limit` is its size in tokens, where the server says it."""

    def __init__(self, limit: int | None) -> None:
        super().__init__("model_context_too_long", "The question and what was found are too long for this model.")
        self.limit = limit


class ToolOutcome(msgspec.Struct, frozen=True):
    """`results` go to the wire and into the history, `text` goes to the model. `usage` is what models that the tool
    asked have used; `fault` is the code of what went wrong, where something did."""

    results: list[dict[str, Any]]
    text: str
    usage: Usage = Usage()
    fault: str = ""


class ToolFailure(Exception):
    """The tool could not do what was asked; the text tells the model what would be right."""

    code = "tool_failure"


class InvalidArguments(ToolFailure):
    """The arguments are not what the tool takes."""

    code = "invalid_arguments"


class NoSuchObject(ToolFailure):
    """The arguments name something that does not exist or is not available to this tool."""

    code = "no_such_object"


class Tool(Protocol):
    """Something that the model may call. `tool_type` is its kind, as clients know it."""

    spec: ToolSpec
    tool_type: str

    async def run(self, arguments: dict[str, Any], sources: "Sources") -> ToolOutcome: ...
