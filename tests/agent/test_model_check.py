"""What is found out of a model server, and what it changes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from citewell.agent.limits import LoopLimits
from citewell.agent.models import ModelConfig, make_model
from citewell.agent.models.abilities import key_of, store_abilities
from citewell.agent.models.check import Abilities, Finding, check_model
from citewell.agent.models.context_size import MOST, MOST_QUESTIONS, ContextSize, stated_context, tried_context
from citewell.agent.models.pool import ModelPool
from citewell.settings import Settings
from tests.agent.server import server
from tests.agent.test_odd_servers import stream
from tests.listening import listening


async def findings(
    reply: Any, models: Any = None, *, probe: bool = True
) -> tuple[Abilities | None, dict[str, Finding]]:
    found: list[Finding] = []
    async with server(reply, models=models) as url:
        abilities = await check_model(ModelConfig("openai/odd", url), found.append, probe=probe)
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
    assert found["context"].note == "32,768 tokens (its list of models says so)"


async def test_a_server_without_tools_or_schemas_is_told_with_its_reason() -> None:
    def unable(body: dict[str, Any]) -> tuple[int, str]:
        if "tools" in body:
            return 400, '{"error": "odd does not support tools"}'
        return 200, stream("one two")

    abilities, found = await findings(unable, probe=False)
    assert abilities == Abilities(takes_tools=False, context_tokens=None)
    assert [found[name].works for name in ("tools", "several tools at once", "reasoning", "JSON schema")] == [False] * 4


async def test_calls_and_thoughts_that_are_written_into_the_text_count() -> None:
    call = '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>'
    _, found = await findings(
        lambda body: (200, stream(call if "tools" in body else "<think>Hm</think>1 2")), probe=False
    )
    assert (found["tools"].works, found["tools"].note) == (True, "written as text")
    assert found["reasoning"].works


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


def reading(limit: int, refusal: Callable[[int], tuple[int, str]]) -> tuple[Any, list[int]]:
    """A server that counts a token and a half for each word, and the sizes of what it was sent."""
    asked: list[int] = []

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        tokens = len(body["messages"][-1]["content"].split()) * 3 // 2
        asked.append(tokens)
        if tokens > limit:
            return refusal(tokens)
        return 200, stream("yes", usage={"prompt_tokens": tokens, "completion_tokens": 1})

    return reply, asked


async def tried(reply: Any) -> ContextSize:
    async with server(reply) as url:
        model = make_model(ModelConfig("openai/odd", url))
        try:
            return await tried_context(model)
        finally:
            await model.aclose()


async def test_a_server_names_its_limit_when_a_text_is_too_long() -> None:
    said = "This model's maximum context length is 16384 tokens. However, your messages resulted in {} tokens."
    reply, asked = reading(16_384, lambda tokens: (400, json.dumps({"error": {"message": said.format(tokens)}})))
    found = await tried(reply)
    assert (found.tokens, len(asked)) == (16_384, 2)


@pytest.mark.parametrize("status", [400, 413, 500])
async def test_a_limit_that_nobody_names_is_narrowed_down(status: int) -> None:
    reply, asked = reading(24_000, lambda _: (status, "no"))
    found = await tried(reply)
    assert found.tokens is not None
    assert 24_000 / 1.2 <= found.tokens <= 24_000
    assert len(asked) <= MOST_QUESTIONS


async def test_a_server_that_cuts_without_a_word_betrays_itself_by_its_count() -> None:
    cut = stream("yes", usage={"prompt_tokens": 4096, "completion_tokens": 1})
    reply, _ = reading(4096, lambda _: (200, cut))
    assert (await tried(reply)).tokens == 4096


async def test_a_server_that_counts_nonsense_is_not_believed() -> None:
    found = await tried(lambda _: (200, stream("yes", usage={"prompt_tokens": 10, "completion_tokens": 1})))
    assert found.tokens == MOST


async def test_what_has_nothing_to_do_with_length_ends_the_questions() -> None:
    reply, asked = reading(4096, lambda _: (429, "slow down"))
    assert (await tried(reply)).tokens is None
    assert len(asked) == 2
    endless, _ = reading(10_000_000, lambda _: (500, ""))
    assert (await tried(endless)).tokens == MOST


@pytest.mark.parametrize(
    ("path", "answer", "tokens"),
    [
        ("/api/ps", {"models": [{"name": "odd:latest", "context_length": 4096}]}, 4096),
        ("/api/show", {"parameters": "stop x\nnum_ctx   8192", "model_info": {"odd.context_length": 131072}}, 8192),
        ("/api/show", {"model_info": {"odd.context_length": 131072}}, None),
        ("/props", {"default_generation_settings": {"n_ctx": 2048}}, 2048),
        ("/info", {"max_total_tokens": 6000, "max_input_tokens": 5000}, 5000),
        ("/v1/models", {"data": [{"id": "odd", "meta": {"n_ctx": 3000}}]}, 3000),
        ("/props", [1], None),
    ],
)
async def test_where_servers_say_how_much_they_read(path: str, answer: Any, tokens: int | None) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_route("*", path, handle)
    async with listening(app) as address:
        found = await stated_context(f"{address}/v1", None, "odd")
    assert (found.tokens if found else None) == tokens
