"""Trying again where it helps, and never in the middle of an answer."""

from types import SimpleNamespace

import pytest

from citewell.agent.models import resilient
from citewell.agent.models.resilient import ResilientModel
from citewell.agent.protocol import Message, ModelError, ModelEvent, ModelRequest, TextDelta
from citewell.devmodel import Recorder
from citewell.devmodel.steps import tokens
from tests.agent.conftest import MakeModel
from tests.agent.library import all_events

REQUEST = ModelRequest([Message("user", "How much?")], [])


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_a_passing_fault_is_not_seen(status: int, make: MakeModel, requests: Recorder) -> None:
    model = ResilientModel([make(f"error-{status}-then-ok:times=3")], first_wait=0.01)
    assert text_of(await all_events(model, REQUEST)) == "".join(tokens(40))
    assert [exchange.end for exchange in requests.exchanges] == ["refused"] * 3 + ["finished"]


async def test_it_gives_up_in_the_end(make: MakeModel, requests: Recorder) -> None:
    with pytest.raises(ModelError) as raised:
        await all_events(ResilientModel([make("error-503")], first_wait=0.01), REQUEST)
    assert raised.value.code == "model_server_error"
    assert len(requests.exchanges) == 4


@pytest.mark.parametrize("behaviour", ["error-400", "error-401", "html"])
async def test_what_will_not_pass_is_not_tried_again(behaviour: str, make: MakeModel, requests: Recorder) -> None:
    with pytest.raises(ModelError):
        await all_events(ResilientModel([make(behaviour)]), REQUEST)
    assert len(requests.exchanges) == 1


@pytest.mark.parametrize("behaviour", ["cut:after=3", "error-event:after=3", "stall:after=3"])
async def test_an_answer_that_has_begun_is_never_begun_again(
    behaviour: str, make: MakeModel, requests: Recorder
) -> None:
    models = [make(behaviour, silence=0.2), make("flood")]
    with pytest.raises(ModelError):
        await all_events(ResilientModel(models, first_wait=0.01), REQUEST)
    assert len(requests.exchanges) == 1


async def test_the_server_says_how_long_to_wait(make: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(resilient, "asyncio", SimpleNamespace(sleep=sleep))
    await all_events(ResilientModel([make("error-429-then-ok:retry_after=7")], first_wait=0.001), REQUEST)
    assert waited == [7]


@pytest.mark.parametrize("first", ["error-401", "error-503", "html", "stall:after=0"])
async def test_another_model_stands_in(first: str, make: MakeModel, requests: Recorder) -> None:
    models = [make(first, silence=0.2), make("flood:tokens=9", "anthropic")]
    assert text_of(await all_events(ResilientModel(models, first_wait=0.01), REQUEST)) == "".join(tokens(9))
    assert requests.exchanges[-1].wire == "anthropic"
