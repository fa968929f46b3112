"""The stream of an answer: its events, their order and what stays in the history."""

import asyncio
import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx

from tests.conftest import Api
from tests.samples import SAMPLES
from tests.sse import ask, final_answer, in_progress, new_conversation

QUESTION = "How much may a hotel room cost in Zurich?"


async def test_a_cited_answer(handbook: Api) -> None:
    events = await ask(handbook, QUESTION)
    answer = final_answer(events)
    assert "210 EUR" in answer["content"]
    [citation] = [c for c in answer["citations"] if "210 EUR" in c["verbatim"]][:1]
    assert citation["verified"]
    assert citation["status"] == "verified"
    assert citation["document_name"] == "handbook.md"
    assert [c["claim"] for c in answer["citations"] if "claim" in c] == []


async def test_event_order_and_numbers(handbook: Api) -> None:
    events = await ask(handbook, QUESTION)
    ids = [event["_id"] for event in events]
    assert ids == sorted(set(ids)), "ids rise strictly"
    terminal = [event for event in events if event["type_streaming"] != "streaming_in_progress"]
    assert terminal == [events[-1]], "one terminal event, the last"
    kinds = [event["payload"]["type"] for event in events[:-1]]
    order = ["tool_call_request", "tool_call", "start_token_streaming", "token_streaming", "message"]
    positions = [kinds.index(kind) for kind in order]
    assert positions == sorted(positions), kinds
    assert {event["payload"]["query_id"] for event in events} == {0}


async def test_text_is_cumulative(handbook: Api) -> None:
    events = await ask(handbook, QUESTION)
    texts = [payload["content"] for payload in in_progress(events, "token_streaming")]
    assert len(texts) > 1
    for earlier, later in pairwise(texts):
        assert later.startswith(earlier)
    assert texts[-1] == final_answer(events)["content"]


async def test_delta_mode_sends_each_text_once(handbook: Api) -> None:
    events = await ask(handbook, QUESTION, stream_mode="delta")
    deltas = [payload["delta"] for payload in in_progress(events, "token_streaming")]
    assert "".join(deltas) == final_answer(events)["content"]


async def test_tool_results(handbook: Api) -> None:
    events = await ask(handbook, QUESTION)
    [request] = in_progress(events, "tool_call_request")
    [call] = in_progress(events, "tool_call")
    assert call["tool_type"] == request["tool_type"] == "semantic_chunks"
    assert call["tool_call_id"] == request["tool_call_id"]
    assert call["input_parameters"]["query"]
    first = call["results"][0]
    assert first["name"] == "handbook.md"
    assert {"uuid", "content", "document_id", "score", "reference_url", "content_truncated"} <= set(first)
    assert not {"embedding", "vector", "json_object"} & set(first)


async def test_history_is_stored_as_it_was_streamed(handbook: Api) -> None:
    conversation = await new_conversation(handbook)
    events = await ask(handbook, QUESTION, conversation)
    stored = (await handbook.get(f"/playground-conversations/{conversation}/")).json()
    assert stored["chat_history"] == events[-1]["payload"]["chat_history"]
    plain = [(m["role"], m["query_id"]) for m in stored["chat_history"] if m["type"] == "message"]
    assert plain == [("user", 0), ("assistant", 0)]
    [user] = [m for m in stored["chat_history"] if m["role"] == "user"]
    assert user["content"] == QUESTION
    assert user["user_id"] == stored["created_by"]
    assert stored["message_count"] == 2
    assert stored["tool_call_count"] == 1
    assert stored["tokens"]["total"] == stored["tokens"]["input"] + stored["tokens"]["output"]


async def test_a_follow_up_sees_the_conversation(handbook: Api) -> None:
    conversation = await new_conversation(handbook)
    await ask(handbook, QUESTION, conversation)
    events = await ask(handbook, "And elsewhere?", conversation)
    assert "140 EUR" in final_answer(events)["content"]
    assert events[0]["payload"]["query_id"] == 1
    history = events[-1]["payload"]["chat_history"]
    assert [m["query_id"] for m in history if m["role"] == "user"] == [0, 1]


async def test_a_question_without_support_is_said_to_be_so(handbook: Api) -> None:
    answer = final_answer(await ask(handbook, "Which volcano erupted on Io in the winter of 1979?"))
    assert answer["citations"] == []
    closest = re.search(r"Closest: \[([^]]+)\]\(", answer["content"])
    assert closest is not None, "a link to what was found, which is no citation"
    assert closest[1] in SAMPLES


async def test_a_running_turn_keeps_others_out(handbook: Api) -> None:
    """Two messages at the same moment: one is answered, the other gets 409."""
    conversation = await new_conversation(handbook)
    path = f"/playground-conversations/{conversation}/send_message_stream/"
    sends = [handbook.post(path, json={"message": QUESTION}) for _ in range(2)]
    answers = await asyncio.gather(*sends)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert "still answering" in refused.json()["error"]
    assert (await handbook.post(path, json={"message": QUESTION})).status_code == 200


async def test_a_reader_that_leaves_does_not_stop_the_turn(handbook: Api) -> None:
    conversation = await new_conversation(handbook)
    path = f"{handbook.base}/playground-conversations/{conversation}/send_message_stream/"
    async with handbook.http.stream("POST", path, json={"message": QUESTION}) as response:
        async for _ in response.aiter_bytes():
            break
    async with asyncio.timeout(120):
        while True:
            stored = (await handbook.get(f"/playground-conversations/{conversation}/")).json()
            if stored["message_count"] == 2:
                break
    assert "210 EUR" in stored["chat_history"][-1]["content"]


async def test_stream_headers(handbook: Api) -> None:
    conversation = await new_conversation(handbook)
    path = f"/playground-conversations/{conversation}/send_message_stream/"
    answer = await handbook.post(path, json={"message": QUESTION})
    assert "no-cache" in answer.headers["cache-control"]
    assert answer.headers["x-accel-buffering"] == "no"


async def test_a_citation_opens_its_passage_with_the_span_marked(handbook: Api) -> None:
    answer = final_answer(await ask(handbook, QUESTION))
    [url] = re.findall(r"\]\((http[^)]+)\)", answer["content"])[:1]
    page = await handbook.http.get(url)
    assert page.status_code == 200
    verbatim = parse_qs(urlsplit(url).query)["verbatim"][0]
    assert f'<mark id="span">{verbatim}</mark>' in page.text
    assert "handbook.md" in page.text
    assert "script" not in page.headers["content-security-policy"]


async def test_a_span_that_is_not_there_is_not_marked(handbook: Api) -> None:
    answer = final_answer(await ask(handbook, QUESTION))
    [url] = re.findall(r"\]\((http[^?)]+)", answer["content"])[:1]
    page = await handbook.http.get(url, params={"verbatim": "<script>alert(1)</script>"})
    assert "<mark" not in page.text
    assert "<script>" not in page.text
    assert "not in this passage" in page.text


async def test_the_reference_page_asks_a_browser_for_a_token(handbook: Api) -> None:
    answer = final_answer(await ask(handbook, QUESTION))
    [url] = re.findall(r"\]\((http[^)]+)\)", answer["content"])[:1]
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        asked = await browser.get(url)
        assert asked.status_code == 401
        assert "<form" in asked.text
        refused = await browser.post(url, data={"token": "cw_wrong"})
        assert refused.status_code == 401
        shown = await browser.post(url, data={"token": handbook.token})
        assert shown.status_code == 200
        assert "<mark" in shown.text
