"""The `ollama` package against our server: agents as models, answers with links to their passages."""

import re
from collections.abc import AsyncIterator

import pytest

from ollama import AsyncClient, ResponseError
from tests.conftest import Api

QUESTION = [{"role": "user", "content": "How much may a hotel room cost in Oslo?"}]
_LINK = re.compile(r"\]\((http\S+?/reference/\S+?)\)")


@pytest.fixture
async def client(handbook: Api) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(host=handbook.server, headers={"Authorization": f"Bearer {handbook.token}"}) as found:
        yield found


async def test_an_answer_streamed_and_whole(client: AsyncClient, handbook: Api) -> None:
    known = [model.model for model in (await client.list()).models]
    [name] = [name for name in known if name and name.startswith("Handbook/")]
    whole = await client.chat(model=name, messages=QUESTION)
    assert whole.done_reason == "stop"
    assert whole.eval_count
    text = whole.message.content or ""
    assert "210 EUR" in text
    parts = [part async for part in await client.chat(model=f"{name}:latest", messages=QUESTION, stream=True)]
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "".join(part.message.content or "" for part in parts) == text
    [link, *_] = _LINK.findall(text)
    assert link.startswith(f"{handbook.server}/{handbook.project}/reference/")
    page = await handbook.http.get(link)
    assert "<mark" in page.text
    assert (await client.show(name)).capabilities == ["completion"]


async def test_only_what_its_user_may_ask(client: AsyncClient, handbook: Api, api: Api) -> None:
    with pytest.raises(ResponseError, match="There is no model") as refused:
        await client.chat(model="llama3", messages=QUESTION)
    assert refused.value.status_code == 404
    async with AsyncClient(host=handbook.server, headers={"Authorization": f"Bearer {api.token}"}) as stranger:
        assert [model.model for model in (await stranger.list()).models] == ["A project/Default agent"]
        with pytest.raises(ResponseError, match="There is no model"):
            await stranger.chat(model=handbook.project, messages=QUESTION)
    async with AsyncClient(host=handbook.server) as unknown:
        with pytest.raises(ResponseError) as refused:
            await unknown.list()
    assert refused.value.status_code == 401


async def test_a_body_counts_as_json_whatever_its_type(handbook: Api) -> None:
    """`curl -d`, as in Ollama's manual, calls it a form."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    shown = await handbook.http.post("/api/show", content=b'{"model": "Handbook"}', headers=kind)
    assert (shown.status_code, shown.json()["capabilities"]) == (200, ["completion"])
    asked = b'{"model": "Handbook", "messages": [{"role": "user", "content": "Who?"}], "stream": false}'
    answer = await handbook.http.post("/api/chat", content=asked, headers=kind)
    assert (answer.status_code, answer.json()["done"]) == (200, True)
    wrong = await handbook.http.post("/api/chat", content=b"[" * 100_000, headers=kind)
    assert (wrong.status_code, "error" in wrong.json()) == (400, True)
