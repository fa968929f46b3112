"""The tokens of work that is no turn are counted, also where it breaks off."""

from collections.abc import AsyncIterator, Sequence

from citewell.agent.models.counted import CountedModel
from citewell.agent.protocol import Message, ModelEvent, ModelRequest, TextDelta, Usage

ASKED = ModelRequest([Message("user", "How are you, and how is the weather?")], [])


class Talker:
    """Says two words a batch; a server that counts tells its counts at the end."""

    name = "talker"
    takes_tools = True

    def __init__(self, *, counts: bool) -> None:
        self._counts = counts

    async def stream(self, request: ModelRequest) -> AsyncIterator[Sequence[ModelEvent]]:
        for _ in range(10):
            yield [TextDelta("fine thanks ")]
        if self._counts:
            yield [Usage(7, 5)]

    async def aclose(self) -> None: ...


async def heard(batches: int, *, counts: bool) -> list[Usage]:
    found: list[Usage] = []
    stream = CountedModel(Talker(counts=counts), found.append).stream(ASKED)
    async for _ in stream:
        batches -= 1
        if not batches:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return found


async def test_what_the_server_counts_else_an_estimate() -> None:
    assert await heard(100, counts=True) == [Usage(7, 5)]
    [whole] = await heard(100, counts=False)
    [part] = await heard(3, counts=True)
    assert whole.input_tokens == part.input_tokens > 0
    assert whole.output_tokens > part.output_tokens > 0
