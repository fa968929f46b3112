"""Reading server-sent events in tests."""

import json
from typing import Any

from tests.conftest import Api


def parse(text: str) -> list[dict[str, Any]]:
    """The events of a stream: the JSON of each `data:` line, with its `id:` as `_id`."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        fields = dict(line.split(": ", 1) for line in lines)
        assert set(fields) <= {"id", "data"}, block
        events.append(json.loads(fields["data"]) | {"_id": int(fields["id"])})
    return events


async def new_conversation(api: Api, **fields: Any) -> str:
    agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
    answer = await api.post("/playground-conversations/", json={"agent_settings": agent, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask(api: Api, message: str, conversation: str | None = None, **params: str) -> list[dict[str, Any]]:
    """Send a message and read its stream to the end."""
    conversation = conversation or await new_conversation(api)
    path = f"/playground-conversations/{conversation}/send_message_stream/"
    answer = await api.post(path, json={"message": message}, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return parse(answer.text)


def in_progress(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [
        event["payload"]
        for event in events
        if event["type_streaming"] == "streaming_in_progress" and event["payload"]["type"] == kind
    ]


def final_answer(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The last assistant message of the history in the terminal event."""
    assert events[-1]["type_streaming"] == "streaming_completed", events[-1]
    history = events[-1]["payload"]["chat_history"]
    message: dict[str, Any] = [m for m in history if m["role"] == "assistant" and m["type"] == "message"][-1]
    return message
