"""Nothing is stored that cannot be written out again."""

import json
from typing import Any

import pytest

from citewell.kit.json_depth import MAX_DEPTH, is_too_deep, value_is_too_deep
from tests.conftest import Api
from tests.sse import new_conversation


def chain(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize("value", [chain(MAX_DEPTH), {"[" * 500: "{" * 500, '"\\"[[[': ["]"] * 300}, [[]] * 5000])
def test_what_is_flat_enough(value: Any) -> None:
    assert not is_too_deep(json.dumps(value).encode())
    assert not value_is_too_deep(value)


@pytest.mark.parametrize("value", [chain(MAX_DEPTH + 1), {"a": [1, {"b": chain(200)}]}])
def test_what_is_too_deep(value: Any) -> None:
    assert is_too_deep(json.dumps(value).encode())
    assert value_is_too_deep(value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le"])
def test_another_encoding_hides_nothing(encoding: str) -> None:
    text = f'["\\"", {json.dumps(chain(300))}, ""]'
    assert json.loads(text.encode(encoding)), "readers of JSON detect the encoding"
    assert is_too_deep(text.encode(encoding))


@pytest.mark.parametrize("content_type", ["application/JSON", "Application/Json; charset=utf-8"])
async def test_the_type_of_a_body_may_be_written_in_capitals(api: Api, content_type: str) -> None:
    body = json.dumps({"context": {"deep": chain(300)}, "feedback": "x"})
    answer = await api.post("/signals/", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, "nested too deeply" in answer.text) == (400, True)
    assert (await api.get("/signals/")).json()["count"] == 0


async def test_a_signal_whose_context_is_nested_is_refused_and_nothing_is_stored(api: Api) -> None:
    answer = await api.post("/signals/", json={"context": {"deep": chain(300)}, "feedback": "x"})
    assert answer.status_code == 400
    assert "nested too deeply" in answer.json()["error"]
    listed = await api.get("/signals/")
    assert (listed.status_code, listed.json()["count"]) == (200, 0)


async def test_everything_that_is_stored_as_it_came_is_bounded(api: Api) -> None:
    conversation = await new_conversation(api)
    deep = chain(300)
    for path, body in (
        ("/agent-settings/", {"name": "A", "knowledge_graph_parameters": {"a": deep}}),
        ("/tools/", {"name": "T", "tool_type": "math", "retrieval_parameters": {"a": deep}}),
        ("/tables/", {"name": "t", "columns": [], "object_metadata": {"a": deep}}),
        (f"/playground-conversations/{conversation}/send_message_stream/", {"message": "x", "more": deep}),
    ):
        answer = await api.post(path, json=body)
        assert answer.status_code == 400, path
        assert "nested too deeply" in answer.json()["error"]
    fine = await api.post("/signals/", json={"context": {"deep": chain(90)}, "feedback": "x"})
    assert fine.status_code == 201
