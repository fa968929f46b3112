"""The Anthropic messages wire format."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from citewell.agent.models.anthropic_reply import AnthropicReply
from citewell.agent.models.replies import read_reply
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import Message, ModelEvent, ModelRequest, NoTools
from citewell.agent.streams import closing

_VERSION = "2023-06-01"


class AnthropicModel:
    """`base_url` ends where `/messages` begins, for example in `/v1`."""

    def __init__(self, model: str, base_url: str, api_key: str | None, silence_seconds: float, max_output: int) -> None:
        self.name = model
        self.takes_tools = True
        self._max_output = max_output
        headers = {"anthropic-version": _VERSION} | ({"x-api-key": api_key} if api_key else {})
        self._transport = Transport(f"{base_url.rstrip('/')}/messages", headers, silence_seconds)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the events of one reply in batches. Raises ModelError. After NoTools, `takes_tools` is false."""
        try:
            async with closing(read_reply(self._transport, self._body(request), AnthropicReply())) as reply:
                async for events in reply:
                    yield events
        except NoTools:
            self.takes_tools = False
            raise

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": request.max_output_tokens or self._max_output,
            "messages": _messages(request.messages),
            "stream": True,
        }
        if system:
            body["system"] = system
        if request.tools:
            body["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in request.tools
            ]
            body["tool_choice"] = {"type": "any" if request.tool_choice == "required" else request.tool_choice}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return body


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Returns the dialogue in this format: roles alternate, and one user message holds all tool results of a round."""
    out: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        if message.role == "tool":
            block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}
            if out and out[-1]["role"] == "user" and isinstance(out[-1]["content"], list):
                out[-1]["content"].append(block)
            else:
                out.append({"role": "user", "content": [block]})
        elif message.tool_calls:
            text = [{"type": "text", "text": message.content}] if message.content else []
            calls = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in message.tool_calls]
            out.append({"role": "assistant", "content": [*text, *calls]})
        elif message.role == "user" and out and isinstance(out[-1]["content"], str) and out[-1]["role"] == "user":
            out[-1]["content"] += f"\n\n{message.content}"
        else:
            out.append({"role": message.role, "content": message.content})
    return out
