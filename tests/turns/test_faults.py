"""What can go wrong under a turn. After each: one end, a consistent history, nothing left behind."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.kit.ids import new_id
from citewell.tools import factory
from citewell.turns import answer
from tests.conftest import client_of, grant
from tests.sse import new_conversation
from tests.turns.conftest import Talk, said, stored_log


@pytest.mark.parametrize(
    ("model", "code", "kept"),
    [
        ("cut:after=5", "model_cut_off", True),
        ("malformed:after=3", "model_malformed", True),
        ("stall:after=2", "model_timeout", True),
        ("error-event:after=2", "model_server_error", True),
        ("error-400", "model_refused", False),
        ("error-401", "model_unauthorized", False),
        ("html", "model_malformed", False),
    ],
)
async def test_a_model_that_fails(
    talk: Talk, model: str, code: str, kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    await talk.use(model)
    events = await talk.ask()
    [line] = [one.msg for one in caplog.records if isinstance(one.msg, dict) and one.msg["event"] == "turn_failed"]
    assert (line["code"], line["project"]) == (code, talk.api.project)
    assert line["turn"]
    assert line["request_id"]
    end = events[-1]
    assert end["type_streaming"] == "streaming_error"
    assert end["payload"]["error_code"] == code
    assert end["payload"]["query_id"] == 0
    history = await talk.check_consistent()
    answers = [message for message in history if message["role"] == "assistant" and message["type"] == "message"]
    assert bool(answers) == kept
    told = (await talk.turn())["error_detail"]
    assert bool(told) == (model in ("error-400", "error-event:after=2")), "an administrator reads what the server said"
    if kept:
        assert answers[0]["state"] == "failed"
        assert answers[0]["content"] == said(events)
    await talk.use("flood:tokens=3")
    assert (await talk.ask())[-1]["type_streaming"] == "streaming_completed", "the next question is answered"
    await talk.check_consistent(turns=2)


async def test_readers_who_are_no_administrators_are_not_told_what_the_server_said(talk: Talk) -> None:
    """Neither of a shared conversation of somebody else's, nor of one of their own."""
    process, admin = talk.replica.process, talk.api
    await talk.use("error-400")
    await talk.ask()
    said_by_server = (await talk.turn())["error_detail"].removeprefix("HTTP 400: ")
    assert said_by_server
    assert (await admin.post(f"{talk.path}/share/")).status_code == 200
    async with client_of(process, admin.server, f"{new_id().hex}@example.org") as reader:
        reader.project = admin.project
        await grant(process, admin, reader.token, ["CAN_VIEW_DATA", "CAN_RUN_TASKS"])
        own = Talk(talk.replica, reader, await new_conversation(reader))
        events = await own.ask()
        assert said_by_server not in json.dumps(events)
        for conversation in (talk.path, own.path):
            [turn] = (await reader.get(f"{conversation}/turns/")).json()["results"]
            assert (turn["state"], turn["error_code"], turn["error_detail"]) == ("failed", "model_refused", None)


@pytest.mark.parametrize(
    ("checker", "check"),
    [
        ("judge:supported=0", {"model": "judge:supported=0", "supported": 0, "unsupported": 1}),
        ("judge", {"model": "judge", "supported": 1, "unsupported": 0}),
        ("error-400", None),
        ("empty", None),
    ],
)
async def test_a_model_that_checks_claims(
    informed: Talk, checker: str, check: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is complete whatever becomes of its check."""
    monkeypatch.setattr(informed.replica.process.settings, "claim_check_model", f"openai/{checker}")
    await informed.use("tool")
    events = await informed.ask("What does a hotel room cost?")
    assert events[-1]["type_streaming"] == "streaming_completed"
    message = (await informed.check_consistent())[-1]
    assert message.get("claim_check") == check
    reasons = [entry["reason"] for entry in message["citations"] if "claim" in entry]
    assert reasons == ([] if check and check["supported"] else ["terms_not_in_passage"])


@pytest.mark.parametrize(
    "model",
    [
        "split:bytes=1,tokens=30",
        "error-503-then-ok:times=1,retry_after=0",
        "error-429-then-ok:times=2,retry_after=0",
        "reasoning",
        "preamble",
        "tool-broken",
        "tool-unknown",
        "tool-loop",
    ],
)
async def test_a_model_that_is_difficult(informed: Talk, model: str) -> None:
    await informed.use(model)
    events = await informed.ask("What does a hotel room cost?")
    assert events[-1]["type_streaming"] == "streaming_completed"
    history = await informed.check_consistent()
    assert history[-1]["content"] == said(events) != ""
    assert "�" not in history[-1]["content"]
    if model == "reasoning":
        assert [m["type"] for m in history] == ["message", "reasoning_flow", "message"]


class _Tool:
    spec = ToolSpec("search_documents", "Searches.", {"type": "object"})
    tool_type = "semantic_chunks"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def run(self, arguments: dict[str, Any], sources: Any) -> ToolOutcome:
        if self.kind == "raises":
            raise RuntimeError("secret of the server")
        if self.kind == "hangs":
            await asyncio.Event().wait()
        return ToolOutcome([{"content": "x" * 50_000_000}], "y" * 50_000_000)


@pytest.mark.parametrize("kind", ["raises", "hangs", "floods"])
async def test_a_tool_that_fails(talk: Talk, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setitem(factory.BUILDERS, "retrieval", lambda bench, config: _Tool(kind))
    await talk.use("tool")
    events = await talk.ask()
    assert events[-1]["type_streaming"] == "streaming_completed"
    history = await talk.check_consistent()
    assert len(str(history)) < 1_000_000
    assert "secret" not in str(events)
    told = str(talk.replica.recorder.exchanges[-1].body)
    assert len(told) < 1_000_000


async def test_nothing_fails_once_a_question_is_stored(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history cannot be read at first: the question is answered all the same, and not refused with a turn open."""
    await talk.ask()
    read, failures = answer.recent_messages, iter([OperationalError("history", None, Exception("gone"))])

    async def broken(*arguments: Any) -> Any:
        for failure in failures:
            raise failure
        return await read(*arguments)

    monkeypatch.setattr(answer, "recent_messages", broken)
    events = await talk.ask()
    assert events[-1]["type_streaming"] == "streaming_completed"
    await talk.check_consistent(turns=2)


async def test_connections_that_the_database_drops(talk: Talk) -> None:
    """As when it restarts: the answer goes on, and its log has neither gaps nor repetitions."""
    await talk.use("paced:tokens=60,rate=30")
    async with talk.asking(stream_mode="delta") as stream:
        read = await stream.take(5)
        for _ in range(4):
            async with talk.replica.process.database.read() as connection:
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            read += await stream.take(5)
        read += await stream.rest()
    assert read[-1]["type_streaming"] == "streaming_completed"
    history = await talk.check_consistent()
    assert said(read) == history[-1]["content"]
    rows = await stored_log(talk.replica, talk.api.project)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(rows))


async def test_a_conversation_that_is_deleted_under_its_turn(talk: Talk) -> None:
    await talk.use("paced:tokens=30,rate=30")
    async with talk.asking() as stream:
        await stream.take(3)
        async with talk.replica.process.database.write() as session:
            await session.execute(text("DELETE FROM conversations WHERE id = :id"), {"id": talk.conversation})
        events = await stream.rest()
    assert events[-1]["type_streaming"] == "streaming_error"
    assert events[-1]["payload"]["error_code"] == "deleted"
    async with asyncio.timeout(120):  # the reader is told a moment before
        while talk.replica.process.turns.live:
            await asyncio.sleep(0.01)
