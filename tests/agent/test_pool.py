"""Names of models that clients give are wishes: some model of the server answers all the same."""

from pathlib import Path

import pytest

from citewell.agent.models.pool import ModelPool
from citewell.agent.protocol import Message, ModelRequest, TextDelta
from citewell.devmodel import Recorder
from citewell.errors import SetupError
from citewell.settings import Settings
from tests.agent.library import all_events

Dev = tuple[str, Recorder]


def pool(url: str | None, folder: Path, **more: object) -> ModelPool:
    settings = {"data_dir": folder, "model": "openai/flood:tokens=2", "model_base_url": url}
    return ModelPool(Settings(**settings | more))  # type: ignore[arg-type]


async def said(models: ModelPool, name: str) -> str:
    events = await all_events(models.get(name), ModelRequest([Message("user", "Hello?")], []))
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_name_of_another_platform_is_answered_by_the_servers_model(
    dev_server: Dev, requests: Recorder, tmp_path: Path
) -> None:
    models = pool(dev_server[0], tmp_path)
    for name in ("gpt-4o-mini", "anthropic/claude", ""):
        assert await said(models, name)
    assert {exchange.model for exchange in requests.exchanges} == {"flood:tokens=2"}
    await models.aclose()


async def test_an_alias_says_which_model_is_meant(dev_server: Dev, requests: Recorder, tmp_path: Path) -> None:
    models = pool(dev_server[0], tmp_path, model_aliases={"gpt-4o-mini": "openai/flood:tokens=3"})
    assert await said(models, "gpt-4o-mini")
    assert requests.exchanges[-1].model == "flood:tokens=3"
    await models.aclose()


async def test_a_model_may_have_a_server_and_a_key_of_its_own(
    dev_server: Dev, requests: Recorder, tmp_path: Path
) -> None:
    other = {"base_url": dev_server[0], "api_key": "another-key"}
    models = pool("http://127.0.0.1:9/v1", tmp_path, model_servers={"anthropic/flood:tokens=4": other})
    assert await said(models, "anthropic/flood:tokens=4")
    assert [(one.wire, one.model, one.authorized) for one in requests.exchanges] == [
        ("anthropic", "flood:tokens=4", True)
    ]
    assert "another-key" not in repr(pool(None, tmp_path, model_servers={"anthropic/x": other})._settings)
    await models.aclose()
    with pytest.raises(SetupError, match="not known"):
        pool(None, tmp_path, model_servers={"claude": other})


async def test_a_model_that_the_endpoint_lacks(dev_server: Dev, requests: Recorder, tmp_path: Path) -> None:
    models = pool(dev_server[0], tmp_path)
    assert await said(models, "openai/error-404")
    assert [exchange.model for exchange in requests.exchanges] == ["error-404", "flood:tokens=2"]
    await models.aclose()


async def test_without_a_model_server_the_extractive_model_answers(tmp_path: Path) -> None:
    models = pool(None, tmp_path, model="extractive")
    assert await said(models, "openai/gpt-4o")
    await models.aclose()


def test_an_alias_that_says_nothing_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not known"):
        pool("http://127.0.0.1:9/v1", tmp_path, model_aliases={"gpt-4o": "llama"})


def test_the_model_that_checks_claims_may_be_another_than_the_one_that_answers(tmp_path: Path) -> None:
    models = pool(None, tmp_path, model="extractive", claim_check_model="openai/judge")
    assert models.checker is not None
    assert models.get(models.checker).name == "judge"
    assert pool(None, tmp_path, model="extractive").checker is None
    with pytest.raises(SetupError):
        pool(None, tmp_path, claim_check_model="judge")
