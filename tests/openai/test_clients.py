"""The `openai` package against `/v1`: answers with their citations, embeddings, vector stores."""

from collections.abc import AsyncIterator

import httpx2
import pytest

import openai
from openai import AsyncOpenAI
from tests.conftest import Api

QUESTION = "How much may a hotel room cost a night?"


@pytest.fixture
async def client(handbook: Api) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{handbook.server}/v1", api_key=handbook.token, max_retries=0) as found:
        yield found


async def model_of(client: AsyncOpenAI, handbook: Api) -> str:
    names = [model.id async for model in client.models.list()]
    agents = (await handbook.get("/agent-settings/")).json()["results"]
    return next(
        name for name in names if name in (f"Handbook/{agents[0]['name']}", f"{handbook.project}/{agents[0]['id']}")
    )


async def test_an_answer_comes_with_links_and_annotations(client: AsyncOpenAI, handbook: Api) -> None:
    model = await model_of(client, handbook)
    found = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    message = found.choices[0].message
    assert message.content
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert cited.url in message.content[cited.start_index : cited.end_index]
    assert cited.url.startswith(f"{handbook.server}/{handbook.project}/reference/")
    assert found.usage is not None
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {handbook.token}"}) as http:
        page = await http.get(cited.url)
    assert "<mark" in page.text


async def test_a_stream_says_the_same(client: AsyncOpenAI, handbook: Api) -> None:
    model = await model_of(client, handbook)
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
    whole = await client.chat.completions.create(model=model, messages=asked)  # type: ignore[call-overload]
    stream = await client.chat.completions.create(  # type: ignore[call-overload]
        model=model, messages=asked, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    annotations = [one for delta in deltas for one in getattr(delta, "annotations", None) or ()]
    assert annotations[0]["type"] == "url_citation"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0


async def test_what_was_said_before_is_known(client: AsyncOpenAI, handbook: Api) -> None:
    model = await model_of(client, handbook)
    first = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    asked = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": first.choices[0].message.content},
        {"role": "user", "content": [{"type": "text", "text": "And in Zurich?"}]},
    ]
    second = await client.chat.completions.create(model=model, messages=asked)  # type: ignore[call-overload]
    assert second.choices[0].message.content


async def test_errors_are_told_as_openai_tells_them(client: AsyncOpenAI, handbook: Api, api: Api) -> None:
    model = await model_of(client, handbook)
    with pytest.raises(openai.NotFoundError, match="GET /v1/models"):
        await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    with pytest.raises(openai.BadRequestError, match="must end with what the user asks"):
        await client.chat.completions.create(model=model, messages=[{"role": "assistant", "content": "Hi"}])
    with pytest.raises(openai.BadRequestError, match="messages"):
        await client.chat.completions.create(model=model, messages=[])
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="cw_wrong").models.list()
    with pytest.raises(openai.NotFoundError):  # an agent of a project that is not theirs
        await client.with_options(api_key=api.token).chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}]
        )


async def test_embeddings(client: AsyncOpenAI) -> None:
    found = await client.embeddings.create(model="local", input=["a room", "a hotel room", "an invoice"])
    a, b, c = (one.embedding for one in found.data)
    near = sum(x * y for x, y in zip(a, b, strict=True))
    assert near > sum(x * y for x, y in zip(a, c, strict=True))


async def test_vector_stores(client: AsyncOpenAI, handbook: Api, api: Api) -> None:
    stores = [store.id async for store in client.vector_stores.list(limit=100)]
    assert f"vs_{handbook.project}" in stores
    store = await client.vector_stores.retrieve(f"vs_{handbook.project}")
    assert store.file_counts.completed == 3
    found = [result async for result in client.vector_stores.search(store.id, query=QUESTION, max_num_results=3)]
    assert 1 <= len(found) <= 3
    assert found[0].content[0].text
    files = [file async for file in client.vector_stores.files.list(store.id, limit=2)]
    assert found[0].file_id in {file.id for file in files}
    assert len(files) == 3
    with pytest.raises(openai.PermissionDeniedError):
        await client.with_options(api_key=api.token).vector_stores.retrieve(store.id)
