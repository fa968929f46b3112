"""The OpenAI chat-completions wire format, which most model servers and gateways speak."""

from collections.abc import AsyncIterator, Sequence

from citewell.agent.models import faults
from citewell.agent.models.dialect import Dialect
from citewell.agent.models.openai_reply import OpenAIReply
from citewell.agent.models.replies import read_reply
from citewell.agent.models.transport import Transport
from citewell.agent.protocol import ContextTooLong, Finished, ModelEvent, ModelRequest, NoTools, ToolCallReady
from citewell.agent.streams import closing
from citewell.agent.text_call_formats import calls_in


class OpenAIModel:
    """`base_url` ends where `/chat/completions` begins, for example in `/v1`.

    Servers differ in some fields of the request. After a refusal, later requests have another form (see Dialect).
    """

    def __init__(self, model: str, base_url: str, api_key: str | None, silence_seconds: float, max_output: int) -> None:
        self.name = model
        self.takes_tools = True
        self._dialect = Dialect(model, max_output)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = Transport(f"{base_url.rstrip('/')}/chat/completions", headers, silence_seconds)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yields the events of one reply in batches. If the server refuses a field, asks again in another form.

        Raises ModelError. After NoTools, `takes_tools` is false.
        """
        while True:
            try:
                body = self._dialect.body(request)
                async with closing(read_reply(self._transport, body, OpenAIReply())) as reply:
                    async for events in reply:
                        yield events
                return
            except (NoTools, ContextTooLong) as error:
                self.takes_tools = self.takes_tools and not isinstance(error, NoTools)
                raise
            except faults.UnreadableCall as error:
                calls = calls_in(error.said, [tool.name for tool in request.tools])
                if not calls:
                    raise
                yield [*map(ToolCallReady, calls), Finished("tool_calls")]
                return
            except faults.Refused as refused:
                if not self._dialect.adapt(refused.detail):
                    raise
