"""The `openai` package against `/v1`: answers with their citations, embeddings, vector stores."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

import openai
from openai import AsyncOpenAI
from tests.conftest import Api, until_ended
from tests.mcp.test_server import call, session

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
    with pytest.raises(
        openai.AuthenticationError, match=r"'message': 'The token is not valid|- The token is not valid"
    ):
        await client.with_options(api_key="cw_wrong").models.list()
    with pytest.raises(openai.NotFoundError):  # an agent of a project that is not theirs
        await client.with_options(api_key=api.token).chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}]
        )


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", "/v1/models", "cw_wrong", 401, "not_authenticated"),
        ("POST", "/v1/chat/completions", "wrong", 401, "not_authenticated"),
        ("GET", "/v1/assistants", None, 404, "not_found"),
        ("DELETE", "/v1/models", None, 405, "method_not_allowed"),
    ],
)
async def test_errors_before_a_route_is_reached_have_the_same_shape(
    handbook: Api, method: str, path: str, token: str | None, status: int, code: str
) -> None:
    """A client looks for the message inside `error`; of another shape it shows the status alone."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = await handbook.http.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"].endswith(".")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "param", "said"),
    [
        (b"{nope", "application/json", 400, None, "The body is not valid JSON."),
        (b'{"model": "\xfc"}', "application/json", 400, None, "The body is not valid UTF-8."),
        (b"[" * 300, "application/json", 400, None, "The JSON is nested too deeply: at most 100 levels are accepted."),
        (b"{}", "text/plain", 415, None, "Send the body as application/json, not as text/plain."),
        (b'{"input": []}', "application/json", 400, "input", "input: List should have at least 1 item after"),
        (b'{"input": 5}', "application/json", 400, "input", "input: Input should be a valid string."),
    ],
)
async def test_a_body_that_cannot_be_read(
    handbook: Api, body: bytes, kind: str, status: int, param: str | None, said: str
) -> None:
    answer = await handbook.http.post("/v1/responses", content=body, headers={"Content-Type": kind})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param)
    assert error["message"].startswith(said)


_CALL = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
_ODD = {
    "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}], "name": None},
        {"role": "user", "content": ["Hello.", {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]},
        {"role": "assistant", "content": None, "tool_calls": [_CALL], "refusal": None, "audio": None},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "Noon."}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello!"}], "tool_calls": None},
        {"role": "user", "content": [{"type": "text", "text": QUESTION, "cache_control": {}}], "name": "ada"},
    ],
    "stream": None,
    "stream_options": None,
    "max_tokens": -1,
    "max_completion_tokens": None,
    "n": 1,
    "stop": ["END"],
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {},
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
    "tools": [{"type": "function", "function": {"name": "odd name!"}}, {"type": "web_search"}],
    "tool_choice": None,
    "parallel_tool_calls": None,
    "temperature": None,
    "user": None,
    "metadata": None,
    "unknown": {"x": [1]},
}
_ODD_RESPONSE = {
    "input": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": None},
        {"type": "function_call", "call_id": "c", "name": "now", "arguments": "{}", "role": None},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
        {"type": "item_reference", "id": "msg_1", "content": 7},
        {"role": "user", "content": [{"type": "input_text", "text": QUESTION}, {"type": "input_image"}], "type": None},
    ],
    "store": False,
    "stream": None,
    "instructions": None,
    "tools": None,
    "metadata": None,
    "max_output_tokens": None,
    "text": {"format": {"type": "text"}},
    "include": ["reasoning.encrypted_content"],
    "truncation": "disabled",
    "conversation": None,
    "unknown": 1,
}


async def test_odd_but_legal_requests(client: AsyncOpenAI, handbook: Api) -> None:
    """All that clients in use send beside the question is accepted, and changes nothing."""
    model = await model_of(client, handbook)
    chat = await handbook.http.post("/v1/chat/completions", json=_ODD | {"model": model})
    assert chat.status_code == 200, chat.text
    [choice] = chat.json()["choices"]
    assert (choice["finish_reason"], "EUR" in choice["message"]["content"]) == ("stop", True)
    response = await handbook.http.post("/v1/responses", json=_ODD_RESPONSE | {"model": model})
    assert response.status_code == 200, response.text
    assert "EUR" in response.json()["output"][-1]["content"][0]["text"]
    told = await handbook.http.post("/v1/responses", json=_ODD_RESPONSE | {"model": model, "conversation": "conv_1"})
    assert (told.status_code, "previous_response_id" in told.json()["error"]["message"]) == (400, True)


async def test_embeddings_of_like_texts_are_near(client: AsyncOpenAI) -> None:
    found = await client.embeddings.create(model="local", input=["a room", "a hotel room", "an invoice"])
    a, b, c = (one.embedding for one in found.data)
    near = sum(x * y for x, y in zip(a, b, strict=True))
    assert near > sum(x * y for x, y in zip(a, c, strict=True))
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        await client.embeddings.create(model="local", input=[[1, 2, 3]])
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        await client.embeddings.create(model="local", input="a room", dimensions=7)


async def test_vector_stores(client: AsyncOpenAI, handbook: Api, api: Api) -> None:
    stores = [store.id async for store in client.vector_stores.list(limit=100)]
    assert f"vs_{handbook.project}" in stores
    store = await client.vector_stores.retrieve(f"vs_{handbook.project}")
    assert store.file_counts.completed == 3
    found = [result async for result in client.vector_stores.search(store.id, query=QUESTION, max_num_results=3)]
    assert 1 <= len(found) <= 3
    assert found[0].content[0].text
    named = client.vector_stores.search(store.id, query="What does the handbook say on the Falcon's prices?")
    scores = [result.score async for result in named]
    assert 1 >= scores[0] >= scores[-1] >= 0, "also where the question names documents, which then come first"
    files = [file async for file in client.vector_stores.files.list(store.id, limit=2)]
    assert found[0].file_id in {file.id for file in files}
    assert len(files) == 3
    oldest_first = [file.id async for file in client.vector_stores.files.list(store.id, limit=2, order="asc")]
    assert oldest_first == [file.id for file in reversed(files)]
    before = await client.vector_stores.files.list(store.id, limit=1, before=files[2].id)
    assert ([file.id for file in before.data], before.has_more) == ([files[1].id], True)
    [text, *_] = [part.text async for part in client.vector_stores.files.content(files[0].id, vector_store_id=store.id)]
    assert text
    stranger, theirs = client.with_options(api_key=api.token), f"vs_{api.project}"
    with pytest.raises(openai.PermissionDeniedError):
        await stranger.vector_stores.retrieve(store.id)
    with pytest.raises(openai.NotFoundError):
        await stranger.vector_stores.files.retrieve(files[0].id, vector_store_id=theirs)
    with pytest.raises(openai.NotFoundError):
        await stranger.vector_stores.files.content(files[0].id, vector_store_id=theirs)
    within: Any = {"type": "eq", "key": "file_id", "value": files[0].id}
    assert [one async for one in stranger.vector_stores.search(theirs, query=QUESTION, filters=within)] == []


async def test_a_search_within_some_documents(client: AsyncOpenAI, handbook: Api) -> None:
    store = f"vs_{handbook.project}"
    files = [file async for file in client.vector_stores.files.list(store)]
    name = str((files[0].attributes or {})["filename"])

    async def found(filters: dict[str, Any]) -> set[str]:
        results = client.vector_stores.search(store, query="hotel travel", filters=filters)  # type: ignore[arg-type]
        return {result.file_id async for result in results}

    mine: dict[str, Any] = {"type": "eq", "key": "filename", "value": name}
    assert await found(mine) == {files[0].id}
    assert files[0].id not in await found({"type": "ne", "key": "file_id", "value": files[0].id})
    assert await found({"type": "and", "filters": [mine, {"type": "in", "key": "year", "value": [2024]}]}) == set()
    with pytest.raises(openai.BadRequestError, match="There are eq, ne, in and nin"):
        await found({"type": "gt", "key": "year", "value": 2024})


async def test_lists_of_stores_end_and_count_what_is_there(client: AsyncOpenAI, api: Api) -> None:
    files = [("files", ("good.txt", b"A hotel room costs 120 EUR.")), ("files", ("bad.pdf", b"%PDF-1.4 broken"))]
    uploaded = (await api.post("/documents/bulk-upload/", files=files)).json()
    more = [(await api.http.post("/api/v1/projects/", json={"name": name})).json()["id"] for name in ("B", "C")]
    mine = client.with_options(api_key=api.token)
    ids = [store.id async for store in mine.vector_stores.list(limit=1)]
    assert ids == [f"vs_{project}" for project in (more[1], more[0], api.project)]
    assert [store.id async for store in mine.vector_stores.list(limit=2, order="asc")] == ids[::-1]
    await until_ended(api, [item["id"] for item in uploaded])
    [first] = [store async for store in mine.vector_stores.list() if store.id == ids[2]]
    assert (first.file_counts.completed, first.file_counts.failed, first.file_counts.total) == (1, 1, 2)
    [failed] = [file async for file in mine.vector_stores.files.list(first.id, filter="failed")]
    assert failed.last_error is not None
    assert (failed.status, bool(failed.last_error.message)) == ("failed", True)
    async with session(api.server, api.token) as agent:
        known = await call(agent, "list_knowledge", project_id=api.project)
    assert (known["document_count"], known["failed_document_count"], known["processing_document_count"]) == (2, 1, 0)
