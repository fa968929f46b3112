"""A server that is told to stop while it answers, and another one beside it on the same database."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
from aiohttp import web

from tests.listening import listening
from tests.processes import Serving, citewell
from tests.turns.conftest import Stream, said


@dataclass
class HeldModel:
    """A model server whose answer goes on when the test says so."""

    url: str = ""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for word in ("first ", "second "):
            await response.write(_chunk({"content": word}))
        await self.go_on.wait()
        await response.write(_chunk({"content": "last"}) + _chunk({}, "stop") + b"data: [DONE]\n\n")
        return response


def _chunk(delta: dict[str, str], end: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    return b"data: " + json.dumps({"id": "x", "choices": [choice]}).encode() + b"\n\n"


@contextlib.asynccontextmanager
async def held_model() -> AsyncIterator[HeldModel]:
    model = HeldModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.answer)
    async with listening(app, shutdown_timeout=0.1) as address:
        model.url = f"{address}/v1"
        yield model


async def test_a_restart_of_one_server_after_the_other_breaks_no_answer(clone: Any, tmp_path: Path) -> None:
    async with held_model() as model:
        environment = {
            "CITEWELL_DATABASE_URL": clone(),
            "CITEWELL_MODEL": "openai/held",
            "CITEWELL_MODEL_BASE_URL": model.url,
            "CITEWELL_EMBEDDING": "none",
            "CITEWELL_TURN_SHUTDOWN_SECONDS": "600",
        }
        made = await asyncio.to_thread(citewell, "token", "create", "a@example.org", cwd=tmp_path, **environment)
        start = [asyncio.to_thread(Serving, tmp_path / name, "--no-worker", **environment) for name in "ab"]
        first, other = await asyncio.gather(*start)
        try:
            await _restart_under_an_answer(first, other, made.stdout.strip(), model)
            codes = [await asyncio.to_thread(server.process.wait, 60) for server in (first, other)]
            assert codes == [0, 0]
        finally:
            for server in (first, other):
                server.process.kill()


async def _restart_under_an_answer(first: Serving, other: Serving, token: str, model: HeldModel) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=f"{first.address}/api/v1", headers=headers, timeout=60) as http,
        httpx.AsyncClient(base_url=f"{other.address}/api/v1", headers=headers, timeout=60) as elsewhere,
    ):
        project = (await http.post("/projects/", json={"name": "P"})).json()["id"]
        agent = (await http.get(f"/projects/{project}/agent-settings/")).json()["results"][0]["id"]
        talks = f"/projects/{project}/playground-conversations"
        path, idle = [
            f"{talks}/{(await http.post(f'{talks}/', json={'agent_settings': agent})).json()['id']}" for _ in range(2)
        ]
        events, delta = f"{path}/turns/0/events/", {"stream_mode": "delta"}
        question = {"message": "Well?"}
        async with http.stream("POST", f"{path}/send_message_stream/", params=delta, json=question) as asking:
            asked = Stream(asking)
            read = await asked.take(2)

            first.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(first.read_until, "Stopping")
            ready = await http.get(f"{first.address}/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
            assert ready.headers["connection"] == "close", "the next request may go to another server"
            refused = await http.post(f"{idle}/send_message_stream/", json=question)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert (await http.get(f"{path}/")).status_code == 200, "what is no new answer is served"

            # The other server stops as well: it runs no answer, and its reader goes on elsewhere.
            async with elsewhere.stream("GET", events, params=delta) as following:
                reading = Stream(following)
                followed = await reading.take(2)
                other.process.send_signal(signal.SIGTERM)
                followed += await reading.rest()
            assert followed[-1]["type_streaming"] == "streaming_in_progress", "the answer has not ended"
            behind = {"Last-Event-ID": str(followed[-1]["_id"])}
            async with http.stream("GET", events, params=delta, headers=behind) as again:
                model.go_on.set()
                followed += await Stream(again).rest()
            read += await asked.rest()
        for seen in (read, followed):
            assert seen[-1]["type_streaming"] == "streaming_completed"
            assert said(seen) == "first second last"
