"""The scripted model server on a real socket, and models that speak to it."""

from collections.abc import AsyncIterator, Callable

import pytest

from citewell.agent.models import ModelConfig, make_model
from citewell.agent.protocol import Model
from citewell.devmodel import Recorder, serving

MakeModel = Callable[..., Model]


@pytest.fixture(scope="module")
async def dev_server() -> AsyncIterator[tuple[str, Recorder]]:
    async with serving() as server:
        yield server


@pytest.fixture
def requests(dev_server: tuple[str, Recorder]) -> Recorder:
    """What the model server has seen in this test."""
    dev_server[1].clear()
    return dev_server[1]


@pytest.fixture
async def make(dev_server: tuple[str, Recorder]) -> AsyncIterator[MakeModel]:
    """Makes models of a behaviour, such as `make("flood")` or `make("tool", "anthropic")`."""
    made: list[Model] = []

    def make_one(behaviour: str, kind: str = "openai", silence: float = 5.0) -> Model:
        config = ModelConfig(f"{kind}/{behaviour}", dev_server[0], "secret-key", silence)
        made.append(make_model(config))
        return made[-1]

    yield make_one
    for model in made:
        await model.aclose()
