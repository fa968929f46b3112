"""Turns with the scripted model server behind them; the model of a project chooses what it does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from citewell import devmodel
from citewell.devmodel import Recorder
from citewell.kit.ids import new_id
from citewell.models import AgentSettings
from citewell.process import Process, open_process
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.samples import SAMPLES
from tests.sse import new_conversation, parse


@dataclass
class Replica:
    process: Process
    address: str
    recorder: Recorder


@pytest.fixture(scope="session")
async def scripted() -> AsyncIterator[tuple[str, Recorder]]:
    async with devmodel.serving() as (url, recorder):
        yield url, recorder


@pytest.fixture(scope="session")
def turn_settings(clone: Any, scripted: tuple[str, Recorder]) -> dict[str, Any]:
    return {
        "url": clone(),
        "model": "openai/flood:tokens=20",
        "model_base_url": scripted[0],
        "model_timeout": 1.0,
        "stream_ping_seconds": 0.2,
        "turn_lease_seconds": 2.0,
        "max_tool_seconds": 1.0,
        "max_turns_per_user": 300,
        "embedding": "none",
    }


@contextlib.asynccontextmanager
async def _replica(settings: dict[str, Any], folder: Path, recorder: Recorder, worker: bool) -> AsyncIterator[Replica]:
    async with (
        open_process(make_settings(folder=folder, **settings), worker=worker) as process,
        serving(process) as address,
    ):
        yield Replica(process, address, recorder)


@pytest.fixture(scope="session")
async def first(
    turn_settings: dict[str, Any], scripted: tuple[str, Recorder], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Replica]:
    async with _replica(turn_settings, tmp_path_factory.mktemp("turns"), scripted[1], worker=True) as replica:
        yield replica


@pytest.fixture(scope="session")
async def second(
    first: Replica, turn_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Replica]:
    """Another server on the same database."""
    async with _replica(turn_settings, tmp_path_factory.mktemp("turns2"), first.recorder, worker=False) as replica:
        yield replica


class Talk:
    """A conversation of its own project, whose model one chooses; `other` is the same user at the second replica."""

    def __init__(self, replica: Replica, api: Api, conversation: str) -> None:
        self.replica = replica
        self.api = api
        self.conversation = conversation

    @property
    def path(self) -> str:
        return f"/playground-conversations/{self.conversation}"

    async def use(self, model: str, wire: str = "openai") -> None:
        project = UUID(self.api.project)
        async with self.replica.process.database.write() as session:
            await session.execute(
                update(AgentSettings).where(AgentSettings.project_id == project).values(model=f"{wire}/{model}")
            )

    @contextlib.asynccontextmanager
    async def asking(self, message: str = "What does it cost?", **params: str) -> AsyncIterator["Stream"]:
        async with self.api.http.stream(
            "POST", f"{self.api.base}{self.path}/send_message_stream/", json={"message": message}, params=params
        ) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield Stream(answer)

    async def ask(self, message: str = "What does it cost?", **params: str) -> list[dict[str, Any]]:
        async with self.asking(message, **params) as stream:
            return await stream.rest()

    async def begin(self, message: str = "What does it cost?") -> None:
        """Ask and go away at once."""
        async with self.asking(message) as stream:
            await stream.first_line()

    async def events(self, query_id: int = 0, api: Api | None = None, **params: Any) -> list[dict[str, Any]]:
        answer = await (api or self.api).get(f"{self.path}/turns/{query_id}/events/", params=params)
        assert answer.status_code == 200, answer.text
        return parse(answer.text)

    async def cancel(self, query_id: int = 0, api: Api | None = None) -> dict[str, Any]:
        answer = await (api or self.api).post(f"{self.path}/turns/{query_id}/cancel/")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def turn(self, query_id: int = 0) -> dict[str, Any]:
        rows = (await self.api.get(f"{self.path}/turns/")).json()["results"]
        [found] = [row for row in rows if row["query_id"] == query_id]
        return dict(found)

    async def until_ended(self, query_id: int = 0) -> dict[str, Any]:
        await self.events(query_id)
        return await self.turn(query_id)

    async def history(self) -> list[dict[str, Any]]:
        answer = await self.api.get(f"{self.path}/")
        return list(answer.json()["chat_history"])

    async def check_consistent(self, *, turns: int = 1) -> list[dict[str, Any]]:
        """What must hold after anything: one end each, numbers that rise, no turn and no connection left."""
        for query_id in range(turns):
            events = await self.events(query_id)
            ends = [event for event in events if event["type_streaming"] != "streaming_in_progress"]
            assert len(ends) == 1
            assert ends[0] is events[-1]
            numbers = [event["_id"] for event in events]
            assert numbers == sorted(set(numbers))
            assert (await self.turn(query_id))["state"] != "running"
        history = await self.history()
        assert [m["query_id"] for m in history if m["role"] == "user"] == list(range(turns))
        assert [m["query_id"] for m in history] == sorted(m["query_id"] for m in history)
        process = self.replica.process
        # A reader is told of the end a moment before. Leases are renewed every few seconds; what leaks stays.
        async with asyncio.timeout(120):
            while process.turns.live or _turns_under_way() or process.database.checked_out:
                await asyncio.sleep(0.01)
        return history


def _turns_under_way() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("turn:")]


class Stream:
    """A stream that is being read."""

    def __init__(self, answer: Any) -> None:
        self.headers = answer.headers
        self._lines = answer.aiter_lines()

    async def first_line(self) -> str:
        line: str = await anext(self._lines)
        return line

    async def next(self) -> dict[str, Any] | None:
        """The next event; None at the end."""
        number = 0
        async for line in self._lines:
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                return dict(json.loads(line[6:])) | {"_id": number}
        return None

    async def take(self, count: int) -> list[dict[str, Any]]:
        events = [await self.next() for _ in range(count)]
        return [event for event in events if event is not None]

    async def rest(self) -> list[dict[str, Any]]:
        events = []
        while (event := await self.next()) is not None:
            events.append(event)
        return events


def said(events: list[dict[str, Any]]) -> str:
    """The text that the events show, whatever their mode."""
    text = ""
    for event in events:
        payload = event["payload"]
        if payload.get("type") == "start_token_streaming":
            text = ""
        elif payload.get("type") == "token_streaming":
            text = text + payload["delta"] if "delta" in payload else payload["content"]
    return text


@contextlib.asynccontextmanager
async def _talk(replica: Replica) -> AsyncIterator[Talk]:
    async with client_of(replica.process, replica.address, f"{new_id().hex}@example.org") as api:
        made = await api.http.post("/api/v1/projects/", json={"name": "Turns", "business_brief": "Tests"})
        api.project = made.json()["id"]
        yield Talk(replica, api, await new_conversation(api))


@pytest.fixture
async def talk(first: Replica) -> AsyncIterator[Talk]:
    first.recorder.clear()
    async with _talk(first) as found:
        yield found


@pytest.fixture
async def elsewhere(talk: Talk, second: Replica) -> AsyncIterator[Api]:
    """The same user and project, at the second replica."""
    async with contextlib.AsyncExitStack() as stack:
        http = type(talk.api.http)(base_url=second.address, headers=talk.api.http.headers, timeout=60)
        await stack.enter_async_context(http)
        yield Api(http, talk.api.token, second.address, talk.api.project)


@pytest.fixture
async def informed(talk: Talk) -> Talk:
    """The talk, in a project with the small documents."""
    files = [("files", (name, content)) for name, content in SAMPLES.items()]
    uploaded = await talk.api.post("/documents/bulk-upload/", files=files)
    await until_ended(talk.api, [item["id"] for item in uploaded.json()])
    return talk


async def stored_log(replica: Replica, project: str) -> list[tuple[int, int]]:
    """(first, last) of each stored row of the project's logs."""
    async with replica.process.database.read() as connection:
        rows = await connection.execute(
            text("SELECT first_seq, last_seq FROM turn_log WHERE project_id = :project ORDER BY turn_id, first_seq"),
            {"project": UUID(project)},
        )
        return [(first, last) for first, last in rows]
