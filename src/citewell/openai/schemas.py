"""Requests in OpenAI's format. Fields that mean nothing here are ignored, as their clients expect."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

MAX_MESSAGES = 1000
_Text = Annotated[str, Field(max_length=200_000)]


class Part(BaseModel, extra="ignore"):
    """A part of a message's content; only texts are read."""

    type: str = "text"
    text: _Text = ""


class ChatMessage(BaseModel, extra="ignore"):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[_Text | Annotated[list[Part], Field(max_length=100)] | None, Field()] = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel, extra="ignore"):
    include_usage: bool = False


class ChatRequest(BaseModel, extra="ignore"):
    model: Annotated[str, Field(max_length=500)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int | None, Field(gt=0)] = None
    max_completion_tokens: Annotated[int | None, Field(gt=0)] = None


class EmbeddingRequest(BaseModel, extra="ignore"):
    model: Annotated[str, Field(max_length=500)] = ""
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


class VectorStoreSearch(BaseModel, extra="ignore"):
    query: _Text | Annotated[list[_Text], Field(min_length=1, max_length=10)]
    max_num_results: Annotated[int, Field(ge=1, le=50)] = 10
    filters: dict[str, Any] | None = None
    rewrite_query: bool = False


class InputItem(BaseModel, extra="ignore"):
    """A message of the input; items of other types are not read."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] = "user"
    content: Annotated[_Text | Annotated[list[Part], Field(max_length=100)], Field()] = ""


class ResponseRequest(BaseModel, extra="ignore"):
    model: Annotated[str, Field(max_length=500)] = ""
    input: _Text | Annotated[list[InputItem], Field(min_length=1, max_length=MAX_MESSAGES)]
    instructions: Annotated[str | None, Field(max_length=50_000)] = None
    previous_response_id: Annotated[str | None, Field(max_length=200)] = None
    store: bool = True
    stream: bool = False
    max_output_tokens: Annotated[int | None, Field(gt=0)] = None
    metadata: Annotated[dict[str, str] | None, Field(max_length=16)] = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=128)] = []

    @field_validator("store", "stream", "tools", mode="before")
    @classmethod
    def _null_is_default(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.model_fields[info.field_name or ""].default if value is None else value

    def messages(self) -> list[ChatMessage]:
        """The instructions and the input as messages of a chat."""
        first = [ChatMessage(role="system", content=self.instructions)] if self.instructions else []
        if isinstance(self.input, str):
            return [*first, ChatMessage(role="user", content=self.input)]
        said = [one for one in self.input if one.type == "message"]
        return [*first, *(ChatMessage(role=one.role, content=one.content) for one in said)]
