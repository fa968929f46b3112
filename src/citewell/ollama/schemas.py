"""Requests in Ollama's format. Fields that mean nothing here are ignored, as its clients expect."""

from typing import Annotated

from pydantic import Field

from citewell.openai.schemas import MAX_MESSAGES, ChatMessage, Tolerant

_Model = Annotated[str, Field(min_length=1, max_length=500)]


class Options(Tolerant):
    """`num_predict` is the most tokens that the model may write; Ollama's -1 and -2 mean no limit."""

    num_predict: int | None = None


class ChatRequest(Tolerant):
    model: _Model
    # Without messages, a client asks Ollama to load a model: there is nothing to load here.
    messages: Annotated[list[ChatMessage], Field(default_factory=list, max_length=MAX_MESSAGES)]
    stream: bool = True
    options: Options | None = None

    @property
    def max_tokens(self) -> int | None:
        wanted = self.options.num_predict if self.options is not None else None
        return wanted if wanted is not None and wanted > 0 else None


class ShowRequest(Tolerant):
    model: Annotated[str, Field(max_length=500)] = ""
    name: Annotated[str, Field(max_length=500)] = ""  # what `model` was called once
