"""Two servers on one database: a turn of one is followed and resumed through the other."""

import asyncio
from typing import Any

from tests.conftest import Api
from tests.turns.conftest import Stream, Talk, said


async def test_a_turn_is_followed_live_through_the_other_process(talk: Talk, elsewhere: Api) -> None:
    await talk.use("paced:tokens=60,rate=30")
    async with talk.asking(stream_mode="delta") as own:
        await own.take(3)
        path = f"{elsewhere.base}{talk.path}/turns/0/events/"
        async with elsewhere.http.stream("GET", path, params={"stream_mode": "delta"}) as answer:
            other = Stream(answer)
            read = await other.take(6)
            assert (await talk.turn())["state"] == "running", "it is followed while it is made"
            read += await other.rest()
        assert len(read) > 10, "in pieces, as they are made"
        mine = await own.rest()
    assert read[-1]["_id"] == mine[-1]["_id"]
    assert said(read) == (await talk.history())[-1]["content"]
    await talk.check_consistent()


async def test_a_reader_moves_from_one_process_to_the_other(talk: Talk, elsewhere: Api) -> None:
    await talk.use("paced:tokens=30,rate=40")
    async with talk.asking(stream_mode="delta") as stream:
        read = await stream.take(5)
    rest = await talk.events(api=elsewhere, after=read[-1]["_id"], stream_mode="delta")
    assert said(read) + said(rest) == (await talk.history())[-1]["content"]
    assert (await talk.events(api=elsewhere))[-1]["type_streaming"] == "streaming_completed"


async def test_two_messages_at_once_give_one_turn(talk: Talk, elsewhere: Api) -> None:
    await talk.use("paced:tokens=10,rate=20")
    path = f"{talk.path}/send_message_stream/"

    async def send(api: Api) -> Any:
        return await api.post(path, json={"message": "What does it cost?"})

    answers = await asyncio.gather(*(send(api) for api in (talk.api, elsewhere) * 4))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * 7
    assert "still answering" in next(answer for answer in answers if answer.status_code == 409).json()["error"]
    await talk.check_consistent()
