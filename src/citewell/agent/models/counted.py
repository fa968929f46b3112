"""A model that counts its tokens, for work outside of turns: extraction, interviews, query reformulation."""

from collections.abc import AsyncIterator, Callable, Sequence

from citewell.agent.context import estimate_tokens, message_tokens
from citewell.agent.protocol import Model, ModelEvent, ModelRequest, TextDelta, Usage
from citewell.agent.streams import closing


class CountedModel:
    """Calls `count` once for each request that the model began to answer, also if the reply broke off.

    `count` gets the tokens that the server counted, else an estimate.
    """

    def __init__(self, model: Model, count: Callable[[Usage], None]) -> None:
        self._model = model
        self._count = count
        self.name = model.name

    @property
    def takes_tools(self) -> bool:
        return self._model.takes_tools

    async def aclose(self) -> None:
        """The model belongs to the pool, which closes it."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        """Yield the model's batches. Raises ModelError."""
        used: Usage | None = None
        begun, said = False, 0
        try:
            async with closing(self._model.stream(request)) as reply:
                async for batch in reply:
                    begun = True
                    used = next((event for event in batch if isinstance(event, Usage)), used)
                    said += sum(estimate_tokens(event.text) for event in batch if isinstance(event, TextDelta))
                    yield batch
        finally:
            if begun:
                self._count(used or Usage(sum(map(message_tokens, request.messages)), said))
