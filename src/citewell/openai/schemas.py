"""Requests in OpenAI's format. Fields that mean nothing here are ignored, as their clients expect."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

MAX_MESSAGES = 1000
_Text = Annotated[str, Field(max_length=200_000)]
_Tools = Annotated[list[dict[str, Any]], Field(max_length=1000)]


class Tolerant(BaseModel, extra="ignore"):
    """Unknown fields are ignored. A field that is null counts as left out: clients send every field that they know."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class Part(Tolerant):
    """A part of a message's content; only texts are read. A bare string is a text, too."""

    type: str = "text"
    text: _Text = ""

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, given: Any) -> Any:
        return {"text": given} if isinstance(given, str) else given


class ChatMessage(Tolerant):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: _Text | Annotated[list[Part], Field(max_length=100)] | None = None
    tool_calls: Annotated[list[dict[str, Any]], Field(max_length=128)] = []
    tool_call_id: Annotated[str | None, Field(max_length=200)] = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(Tolerant):
    include_usage: bool = False


class ChatRequest(Tolerant):
    model: Annotated[str, Field(max_length=500)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: _Tools = []
    tool_choice: Literal["auto", "none", "required"] | dict[str, Any] | None = None

    @property
    def token_limit(self) -> int | None:
        """Clients of local servers send -1 or 0 for no limit."""
        wanted = self.max_completion_tokens if self.max_completion_tokens is not None else self.max_tokens
        return wanted if wanted is not None and wanted > 0 else None


class EmbeddingRequest(Tolerant):
    model: Annotated[str, Field(max_length=500)] = ""
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None

    @field_validator("input", mode="before")
    @classmethod
    def _of_texts(cls, given: Any) -> Any:
        if isinstance(given, list) and any(isinstance(one, int | list) for one in given[:1]):
            raise ValueError(
                "send texts: tokens are those of another model (in LangChain, set check_embedding_ctx_length=False)"
            )
        return given


class VectorStoreSearch(Tolerant):
    query: _Text | Annotated[list[_Text], Field(min_length=1, max_length=10)]
    max_num_results: Annotated[int, Field(ge=1, le=50)] = 10
    filters: dict[str, Any] | None = None


class InputItem(Tolerant):
    """A message of the input; items of other types are not read, whatever they hold."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] = "user"
    content: _Text | Annotated[list[Part], Field(max_length=100)] = ""

    @model_validator(mode="before")
    @classmethod
    def _only_messages(cls, given: Any) -> Any:
        is_other = isinstance(given, dict) and given.get("type") not in (None, "message")
        return {"type": str(given["type"])[:100]} if is_other else given


class ResponseRequest(Tolerant):
    model: Annotated[str, Field(max_length=500)] = ""
    input: _Text | Annotated[list[InputItem], Field(min_length=1, max_length=MAX_MESSAGES)]
    instructions: Annotated[str | None, Field(max_length=50_000)] = None
    previous_response_id: Annotated[str | None, Field(max_length=200)] = None
    store: bool = True
    stream: bool = False
    max_output_tokens: Annotated[int | None, Field(gt=0)] = None
    metadata: Annotated[dict[str, str] | None, Field(max_length=16)] = None
    tools: _Tools = []
    conversation: Any = None

    @field_validator("conversation")
    @classmethod
    def _no_conversation(cls, given: Any) -> Any:
        if given is not None:
            raise ValueError("is not supported: send previous_response_id, or the conversation as input")
        return given

    def messages(self) -> list[ChatMessage]:
        """Returns the instructions and the input as messages of a chat."""
        first = [ChatMessage(role="system", content=self.instructions)] if self.instructions else []
        if isinstance(self.input, str):
            return [*first, ChatMessage(role="user", content=self.input)]
        said = [one for one in self.input if one.type == "message"]
        return [*first, *(ChatMessage(role=one.role, content=one.content) for one in said)]
