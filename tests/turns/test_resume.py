"""Readers come and go; the turn and what it said stay."""

import asyncio
import random
from itertools import pairwise
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import delete

from citewell.models import ProjectPermission
from citewell.turns import log as turn_log
from tests.conftest import client_of
from tests.turns.conftest import Stream, Talk, said, stored_log

PACED = "paced:tokens=12,rate=60"


async def test_every_event_is_replayed_once_from_anywhere(talk: Talk) -> None:
    await talk.use(PACED)
    whole = await talk.ask()
    replayed = await talk.events()
    assert said(replayed) == said(whole)
    last = whole[-1]["_id"]
    for after in range(last + 1):
        rest = await talk.events(after=after)
        assert all(event["_id"] > after for event in rest)
        assert [event["_id"] for event in rest][-1:] == [last] * (after < last)
        if after < last - 2:
            assert said(rest) == said(whole), "cumulative text is whole from anywhere"
    await talk.check_consistent()


async def test_deltas_from_anywhere_add_up(talk: Talk) -> None:
    await talk.use(PACED)
    whole = await talk.ask(stream_mode="delta")
    for place, event in enumerate(whole[:-1]):
        rest = await talk.events(after=event["_id"], stream_mode="delta")
        assert said(whole[: place + 1]) + said(rest) == said(whole)


async def test_the_header_of_browsers_is_understood(talk: Talk) -> None:
    whole = await talk.ask()
    path = f"{talk.path}/turns/0/events/"
    answer = await talk.api.get(path, headers={"Last-Event-ID": str(whole[-2]["_id"])})
    assert answer.text.count("data: ") == 1
    assert (await talk.api.get(path, headers={"Last-Event-ID": ""})).text.count("streaming_completed") == 1
    wrong = await talk.api.get(path, headers={"Last-Event-ID": "x"})
    assert wrong.status_code == 400
    assert "Last-Event-ID" in wrong.json()
    assert (await talk.api.get(path, params={"after": -1})).status_code == 400
    assert (await talk.api.get(f"{talk.path}/turns/7/events/")).status_code == 404


async def test_a_reader_that_leaves_at_any_event_gets_the_rest(talk: Talk) -> None:
    await talk.use(PACED)
    asked = 0
    for left_after in range(9):
        async with talk.asking(stream_mode="delta") as stream:
            read = await stream.take(left_after)
        position = read[-1]["_id"] if read else 0
        rest = await talk.events(asked, after=position, stream_mode="delta")
        answer = (await talk.history())[-1]["content"]
        assert said(read) + said(rest) == answer
        assert rest[-1]["type_streaming"] == "streaming_completed"
        asked += 1
    await talk.check_consistent(turns=asked)


async def test_two_hundred_readers_of_one_turn(talk: Talk) -> None:
    await talk.use("paced:tokens=20,rate=20")
    await talk.begin()
    limits = httpx.Limits(max_connections=200)
    headers = talk.api.http.headers
    async with httpx.AsyncClient(base_url=talk.api.server, headers=headers, limits=limits, timeout=60) as many:
        talk.api.http, own = many, talk.api.http
        try:
            found = await asyncio.gather(*(talk.events() for _ in range(200)))
        finally:
            talk.api.http = own
    answer = (await talk.history())[-1]["content"]
    assert {said(events) for events in found} == {answer}
    await talk.check_consistent()


async def test_a_storm_of_reconnects(talk: Talk) -> None:
    await talk.use("paced:tokens=40,rate=40")
    await talk.begin()
    chance = random.Random(7)

    async def reader() -> str:
        read: list[dict[str, Any]] = []
        while not read or read[-1]["type_streaming"] == "streaming_in_progress":
            after = read[-1]["_id"] if read else 0
            path = f"{talk.api.base}{talk.path}/turns/0/events/"
            params = {"after": str(after), "stream_mode": "delta"}
            async with talk.api.http.stream("GET", path, params=params) as answer:
                read += await Stream(answer).take(chance.randint(1, 4))
        numbers = [event["_id"] for event in read]
        assert numbers == sorted(set(numbers))
        return said(read)

    texts = await asyncio.gather(*(reader() for _ in range(30)))
    assert set(texts) == {(await talk.history())[-1]["content"]}
    await talk.check_consistent()


async def test_silence_is_filled_with_pings_before_the_first_token(talk: Talk) -> None:
    await talk.use("stall:after=0")
    async with talk.asking() as stream:
        assert stream.headers["cache-control"] == "no-cache, no-transform"
        assert stream.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in stream.headers
        assert await stream.first_line() == ": ping"


async def test_access_is_checked_again_on_every_replay(talk: Talk) -> None:
    await talk.ask()
    path = f"{talk.path}/turns/0/events/"
    process = talk.replica.process
    async with client_of(process, talk.replica.address, "stranger@example.org") as stranger:
        stranger.project = talk.api.project
        assert (await stranger.get(path)).status_code == 403
    async with process.database.write() as session:
        await session.execute(delete(ProjectPermission))
    assert (await talk.api.get(path)).status_code == 403
    assert (await talk.api.post(f"{talk.path}/turns/0/cancel/")).status_code == 403


async def test_a_slow_reader_neither_slows_the_turn_nor_misses_anything(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_log, "KEPT", 50)
    await talk.use("paced:tokens=600,rate=1000")
    async with talk.asking(stream_mode="delta") as slow:
        read = await slow.take(2)
        turn = await talk.until_ended()
        assert turn["state"] == "completed", "the turn ended though nobody read"
        read += await slow.rest()
    assert said(read) == (await talk.history())[-1]["content"]
    await talk.check_consistent()


async def test_the_log_is_stored_once_and_without_gaps(talk: Talk) -> None:
    await talk.use("paced:tokens=40,rate=50")
    events = await talk.ask()
    rows = await stored_log(talk.replica, talk.api.project)
    assert len(rows) > 1, "written while the answer was made"
    assert rows[0][0] == 1
    assert all(after[0] == before[1] + 1 for before, after in pairwise(rows))
    assert rows[-1][1] == events[-1]["_id"]
