"""A stream ends with the right to read it, whether its answer comes fast or slowly."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text

from citewell.auth.stream_guard import LOOK_SECONDS, StreamGuard
from citewell.db.engine import Database
from citewell.kit.ids import new_id
from citewell.openai.response_objects import response_id
from tests.conftest import Api, client_of, grant
from tests.turns.conftest import Stream, Talk

VIEW = ["CAN_VIEW_DATA"]
PROMISED_SECONDS = 5.0


async def lose_token(talk: Talk, reader: Api) -> None:
    statement = text("UPDATE tokens SET revoked_at = now() WHERE last_four = :last AND name = ''")
    async with talk.replica.process.database.write() as session:
        await session.execute(statement, {"last": reader.token[-4:]})


async def lose_membership(talk: Talk, reader: Api) -> None:
    email = (await reader.http.get("/api/v1/users/me/")).json()["email"]
    removed = await talk.api.post("/users/remove-by-email/", json={"email": email})
    assert removed.is_success, removed.text


async def lose_share(talk: Talk, reader: Api) -> None:
    unshared = await talk.api.post(f"{talk.path}/unshare/")
    assert unshared.is_success, unshared.text


@pytest.mark.parametrize("lose", [lose_token, lose_membership, lose_share])
@pytest.mark.parametrize("model", ["paced:tokens=100000,rate=50", "paced:tokens=100000,rate=1.5"])
async def test_a_reader_who_loses_the_right_is_cut_off(
    talk: Talk, lose: Callable[[Talk, Api], Awaitable[None]], model: str
) -> None:
    assert LOOK_SECONDS * 2 < PROMISED_SECONDS
    await talk.use(model)
    await talk.begin()
    process = talk.replica.process
    async with client_of(process, talk.replica.address, f"{new_id().hex}@example.org") as reader:
        reader.project = talk.api.project
        await grant(process, reader, reader.token, VIEW)
        assert (await talk.api.post(f"{talk.path}/share/")).is_success
        path = f"{talk.path}/turns/0/events/"
        async with (
            reader.http.stream("GET", f"{reader.base}{path}") as theirs,
            talk.api.http.stream("GET", f"{talk.api.base}{path}") as owners,
        ):
            stream, kept = Stream(theirs), Stream(owners)
            await stream.take(2)
            await kept.take(2)
            await lose(talk, reader)
            events = await stream.rest()
            assert events[-1]["type_streaming"] == "streaming_error"
            assert events[-1]["payload"]["error_code"] == "forbidden"
            assert await kept.next() is not None, "the owner reads on"
            await talk.cancel()
            assert (await kept.rest())[-1]["type_streaming"] != "streaming_in_progress"
        assert (await reader.get(path)).status_code in (401, 403, 404)


async def test_the_other_doors_cut_off_as_well(talk: Talk) -> None:
    await talk.use("paced:tokens=100000,rate=50")
    process = talk.replica.process
    async with client_of(process, talk.replica.address, f"{new_id().hex}@example.org") as reader:
        reader.project = talk.api.project
        await grant(process, reader, reader.token, VIEW)
        asked = {"model": talk.api.project, "stream": True}
        said = {"messages": [{"role": "user", "content": "Well?"}]}
        bodies = {
            "/v1/chat/completions": asked | said,
            "/v1/responses": asked | {"input": "Well?", "store": False},
            "/api/chat": asked | said,
        }

        async def read(path: str) -> tuple[str, str]:
            async with reader.http.stream("POST", path, json=bodies[path]) as answer:
                assert answer.status_code == 200, await answer.aread()
                lines = answer.aiter_lines()
                await anext(lines)
                begun.append(path)
                if len(begun) == len(bodies):
                    await lose_token(talk, reader)
                return path, [line async for line in lines if line and "[DONE]" not in line][-1]

        begun: list[str] = []
        ends = dict(await asyncio.gather(*map(read, bodies)))
        assert '"code":"forbidden"' in ends["/v1/chat/completions"]
        assert '"response.failed"' in ends["/v1/responses"]
        assert json.loads(ends["/api/chat"]) == {"error": "You may no longer read this project."}
        assert (await reader.http.post("/v1/chat/completions", json=bodies["/v1/chat/completions"])).status_code == 401


async def test_an_answer_that_is_sent_whole_ends_with_the_right_to_read_it(talk: Talk) -> None:
    await talk.use("paced:tokens=100000,rate=50")
    assert (await talk.api.patch("/", json={"default_llm_model": "openai/paced:tokens=100000,rate=50"})).is_success
    process = talk.replica.process
    async with client_of(process, talk.replica.address, f"{new_id().hex}@example.org") as reader:
        reader.project = talk.api.project
        await grant(process, reader, reader.token, VIEW)
        asked = {"model": talk.api.project, "stream": False}
        said = {"messages": [{"role": "user", "content": "Well?"}]}
        bodies = {
            "/v1/chat/completions": asked | said,
            "/v1/responses": asked | {"input": "Well?", "store": False},
            "/api/chat": asked | said,
            f"{talk.api.base}/retrieve-with-full-text-search/": {"query": "tea", "question": "Well?"},
        }
        answers = [asyncio.create_task(reader.http.post(path, json=body)) for path, body in bodies.items()]
        await talk.replica.recorder.wait_for(lambda made: len(made) >= len(bodies))
        await lose_token(talk, reader)
        for answer in await asyncio.gather(*answers):
            assert answer.status_code == 403, answer.text
            assert "You may no longer read" in answer.text


@pytest.mark.parametrize("lose", [lose_membership, lose_share])
async def test_who_waits_for_somebody_elses_response_waits_no_longer_than_they_may(
    talk: Talk, lose: Callable[[Talk, Api], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, waits = StreamGuard._finish, asyncio.Semaphore(0)

    async def noted(self: StreamGuard, *arguments: Any) -> Any:
        waits.release()
        return await finish(self, *arguments)

    monkeypatch.setattr(StreamGuard, "_finish", noted)
    await talk.use("paced:tokens=100000,rate=50")
    await talk.begin()
    process = talk.replica.process
    async with client_of(process, talk.replica.address, f"{new_id().hex}@example.org") as reader:
        reader.project = talk.api.project
        await grant(process, reader, reader.token, VIEW)
        assert (await talk.api.post(f"{talk.path}/share/")).is_success
        async with process.database.read() as session:
            turn = await session.scalar(
                text("SELECT id FROM turns WHERE conversation_id = :talk"), {"talk": talk.conversation}
            )
        assert turn is not None
        path = f"/v1/responses/{response_id(UUID(talk.api.project), turn)}"
        waiting = asyncio.create_task(reader.http.get(path))
        owners = asyncio.create_task(talk.api.http.get(path))
        for _ in (waiting, owners):
            await waits.acquire()
        await lose(talk, reader)
        assert (await waiting).status_code == 403
        assert not owners.done()
        await talk.cancel()
        assert (await owners).json()["status"] != "in_progress", "the owner gets the answer"


async def test_a_reader_is_told_of_the_end_even_if_the_stream_takes_long_to_end() -> None:
    """On a busy machine, a second look comes before the stream has ended after the first."""
    guard, waits = StreamGuard(cast(Database, None), lambda access, row: None), asyncio.Event()

    async def events() -> AsyncGenerator[bytes]:
        waits.set()
        await asyncio.Event().wait()
        yield b"never"

    async def may_read_on() -> bool:
        return False

    async def read() -> list[bytes]:
        return [event async for event in guard.guarded_by(events(), may_read_on, lambda: b"no longer")]

    reading = asyncio.create_task(read())
    await waits.wait()
    await guard.look()
    await guard.look()
    assert await reading == [b"no longer"]
