"""What is found out of a model server, and what it changes."""

import json
from pathlib import Path
from typing import Any

from citewell.agent.limits import LoopLimits
from citewell.agent.models import ModelConfig
from citewell.agent.models.abilities import key_of, store_abilities
from citewell.agent.models.check import Abilities, Finding, check_model
from citewell.agent.models.pool import ModelPool
from citewell.settings import Settings
from tests.agent.server import server
from tests.agent.test_odd_servers import stream


async def findings(reply: Any, models: Any = None) -> tuple[Abilities | None, dict[str, Finding]]:
    found: list[Finding] = []
    async with server(reply, models=models) as url:
        abilities = await check_model(ModelConfig("openai/odd", url), found.append)
    return abilities, {finding.subject: finding for finding in found}


def able(body: dict[str, Any]) -> tuple[int, str]:
    if "response_format" in body:
        return 200, stream(json.dumps({"city": "Oslo", "people": 709000}))
    if "tools" in body:
        count = 2 if "Lima" in body["messages"][-1]["content"] else 1
        calls = [
            {"index": n, "id": f"c{n}", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
            for n in range(count)
        ]
        return 200, stream({"tool_calls": calls}, reason="tool_calls")
    return 200, stream({"reasoning_content": "Easy."}, "1 2 ", "3 4")


async def test_an_able_server_is_told_from_its_answers() -> None:
    abilities, found = await findings(able, [{"id": "odd", "max_model_len": 32768}, {"id": "other", "n_ctx": 1}])
    assert abilities == Abilities(takes_tools=True, context_tokens=32768)
    able_to = {subject for subject, finding in found.items() if finding.works}
    assert able_to >= {"answers", "tools", "several tools at once", "reasoning", "JSON schema"}
    assert found["context"].note == "32,768 tokens"


async def test_a_server_without_tools_or_schemas_is_told_with_its_reason() -> None:
    def unable(body: dict[str, Any]) -> tuple[int, str]:
        if "tools" in body:
            return 400, '{"error": "odd does not support tools"}'
        return 200, stream("one two")

    abilities, found = await findings(unable)
    assert abilities == Abilities(takes_tools=False, context_tokens=None)
    assert [found[name].works for name in ("tools", "several tools at once", "reasoning", "JSON schema")] == [False] * 4


async def test_a_server_that_refuses_is_told_in_its_own_words() -> None:
    abilities, found = await findings(lambda _: (400, '{"error": "no such deployment"}'))
    assert abilities is None
    assert "no such deployment" in found["answers"].note


def test_what_was_found_is_used_from_the_next_start_on(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/v1"
    store_abilities(tmp_path, key_of("openai/odd", url), Abilities(takes_tools=False, context_tokens=4000))
    pool = ModelPool(Settings(data_dir=tmp_path, model="openai/odd", model_base_url=url))
    assert not pool.get("").takes_tools
    assert pool.limits("", LoopLimits()).max_context_tokens == 3000
