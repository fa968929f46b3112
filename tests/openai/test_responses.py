"""`/v1/responses` by the `openai` package, and against the published types of the Open Responses specification."""

import json
from typing import Any

import httpx2
import pytest
from openresponses_types import types as open_responses
from pydantic import TypeAdapter

import openai
from openai import AsyncOpenAI
from tests.conftest import Api
from tests.openai.test_clients import QUESTION, client, model_of  # noqa: F401 - a fixture


async def test_an_answer_with_its_annotations(client: AsyncOpenAI, handbook: Api) -> None:  # noqa: F811
    model = await model_of(client, handbook)
    found = await client.responses.create(
        model=model, input=QUESTION, instructions="Be brief.", tools=[{"type": "file_search", "vector_store_ids": []}]
    )
    assert found.status == "completed"
    message: Any = found.output[-1]
    part = message.content[0]
    assert found.output_text.endswith(part.text)
    [address, *_] = [one for one in part.annotations if one.type == "url_citation"]
    [file, *_] = [one for one in part.annotations if one.type == "file_citation"]
    assert address.url in part.text[address.start_index : address.end_index]
    assert address.url.startswith(f"{handbook.server}/{handbook.project}/reference/")
    assert (file.index, file.start_index, file.end_index) == (
        address.start_index,
        address.start_index,
        address.end_index,
    )
    stored = await client.vector_stores.files.retrieve(file.file_id, vector_store_id=f"vs_{handbook.project}")
    assert stored.status == "completed"
    assert found.usage is not None
    assert found.usage.output_tokens > 0


async def test_a_response_is_a_turn_that_the_next_goes_on_from(client: AsyncOpenAI, handbook: Api) -> None:  # noqa: F811
    model = await model_of(client, handbook)
    first = await client.responses.create(model=model, input=QUESTION)
    second = await client.responses.create(model=model, input="And in Zurich?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    again = await client.responses.retrieve(second.id)
    assert again.output_text == second.output_text
    talks = (await handbook.get("/playground-conversations/")).json()["results"]
    assert talks[0]["message_count"] >= 4, "both questions stand in one conversation, where people find them"
    with pytest.raises(openai.BadRequestError, match="newest response"):
        await client.responses.create(model=model, input="Or in Oslo?", previous_response_id=first.id)


async def test_what_is_not_stored_is_nowhere(client: AsyncOpenAI, handbook: Api, api: Api) -> None:  # noqa: F811
    model = await model_of(client, handbook)
    before = (await handbook.get("/playground-conversations/")).json()["count"]
    history: Any = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": [{"type": "output_text", "text": "It depends."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "And in Zurich?"}]},
    ]
    for given in ({"input": QUESTION, "store": False}, {"input": history}):
        found = await client.responses.create(model=model, **given)
        assert found.output_text
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(found.id)
    assert (await handbook.get("/playground-conversations/")).json()["count"] == before
    kept = await client.responses.create(model=model, input=QUESTION)
    with pytest.raises(openai.PermissionDeniedError):
        await client.with_options(api_key=api.token).responses.retrieve(kept.id)


@pytest.mark.parametrize("store", [True, False])
async def test_a_stream_keeps_to_the_specification(handbook: Api, store: bool) -> None:
    agents = (await handbook.get("/agent-settings/")).json()["results"]
    body = {
        "model": f"{handbook.project}/{agents[0]['id']}",
        "input": QUESTION,
        "stream": True,
        "store": store,
    }
    headers = {"Authorization": f"Bearer {handbook.token}"}
    async with httpx2.AsyncClient(base_url=handbook.server, headers=headers, timeout=60) as http:
        answer = await http.post("/v1/responses", json=body)
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = {
        "response.created": "ResponseCreatedStreamingEvent",
        "response.in_progress": "ResponseInProgressStreamingEvent",
        "response.output_item.added": "ResponseOutputItemAddedStreamingEvent",
        "response.content_part.added": "ResponseContentPartAddedStreamingEvent",
        "response.output_text.delta": "ResponseOutputTextDeltaStreamingEvent",
        "response.output_text.annotation.added": "ResponseOutputTextAnnotationAddedStreamingEvent",
        "response.output_text.done": "ResponseOutputTextDoneStreamingEvent",
        "response.content_part.done": "ResponseContentPartDoneStreamingEvent",
        "response.output_item.done": "ResponseOutputItemDoneStreamingEvent",
        "response.completed": "ResponseCompletedStreamingEvent",
    }
    assert {event["type"] for event in events} == set(kinds)
    for event in events:
        TypeAdapter(getattr(open_responses, kinds[event["type"]])).validate_python(event)
    whole = events[-1]["response"]
    open_responses.ResponseResource.model_validate(whole)
    last = whole["output"][-1]["content"][0]
    said = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(said).endswith(last["text"])
    assert last["annotations"]


async def test_problems_are_told_as_openai_tells_them(client: AsyncOpenAI, handbook: Api) -> None:  # noqa: F811
    model = await model_of(client, handbook)
    with pytest.raises(openai.NotFoundError, match="GET /v1/models"):
        await client.responses.create(model="gpt-4o", input="Hi")
    with pytest.raises(openai.BadRequestError):
        await client.responses.create(model=model, input=[])
    long = [{"role": "system", "content": "x" * 60_000}, {"role": "user", "content": "Hi"}]
    with pytest.raises(openai.BadRequestError, match="system messages"):
        await client.responses.create(model=model, input=long)  # type: ignore[arg-type]
    answer = await client.responses.create(model=model, input="What does a meal cost?", instructions="Short.\0")
    assert answer.status == "completed"
    with pytest.raises(openai.NotFoundError, match="no response"):
        await client.responses.create(model=model, input="Hi", previous_response_id="resp_unknown")


async def test_a_stored_response_is_read_as_it_was_told(client: AsyncOpenAI, handbook: Api) -> None:  # noqa: F811
    model = await model_of(client, handbook)
    told = [event async for event in await client.responses.create(model=model, input=QUESTION, stream=True)]
    first: Any = told[0]
    again = await client.responses.retrieve(first.response.id)
    assert (again.model, again.created_at) == (model, first.response.created_at)
    for after in (None, 0, 4):
        given = {} if after is None else {"starting_after": after}
        read = [event async for event in await client.responses.retrieve(again.id, stream=True, **given)]
        rest = told if after is None else told[after + 1 :]
        assert [(one.type, one.sequence_number) for one in read] == [(one.type, one.sequence_number) for one in rest]
        deltas = [getattr(one, "delta", None) or getattr(one, "item_id", None) for one in read]
        assert deltas == [getattr(one, "delta", None) or getattr(one, "item_id", None) for one in rest]
    assert (await client.responses.cancel(again.id)).status == "completed", "it had ended"
