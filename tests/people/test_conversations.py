"""The life of a conversation: who sees it, finds it, shares it, archives it and deletes it."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from citewell.models import Message, Turn
from citewell.process import Process
from tests.conftest import Api
from tests.people.conftest import VIEW, Join
from tests.sse import ask, new_conversation

BASE = "/playground-conversations/"


async def names(api: Api, **params: str | list[str]) -> list[str]:
    answer = await api.get(BASE, params=params)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["results"]]


async def test_list_filters_are_combined(api: Api) -> None:
    await new_conversation(api, name="a", tags=["red", "round"])
    await new_conversation(api, name="b", tags=["blue"])
    await new_conversation(api, name="c")
    assert await names(api) == ["c", "b", "a"]
    assert await names(api, tags="red") == ["a"]
    assert await names(api, tags="red,blue") == ["b", "a"]
    assert await names(api, tags=["red", "blue"]) == ["b", "a"]
    assert await names(api, no_tags="true") == ["c"]
    assert await names(api, no_tags="true", tags="red") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hotel", True),
        ("HOTEL ROOM", True),
        ("zür", True),
        ("ISO-90", True),
        ("東京", True),
        ("京の", True),
        ("100%", True),
        ("room in Bern", False),
        ("100_", False),
        ("?!", False),
    ],
)
async def test_text_search_finds_what_was_said(api: Api, text: str, found: bool) -> None:
    talk = await new_conversation(api, name="said")
    await ask(api, "Does a hotel room in ZÜRICH cover ISO-9001 to 100%? 東京の本社", talk)
    other = await new_conversation(api, name="other")
    await ask(api, "Something else", other)
    assert await names(api, text=text) == (["said"] if found else [])


async def test_text_search_stays_in_the_project(api: Api, handbook: Api) -> None:
    await ask(handbook, "Where is the xylophone?")
    assert await names(handbook, text="xylophone")
    assert await names(api, text="xylophone") == []


async def test_each_conversation_is_on_one_page_of_the_list(api: Api) -> None:
    for number in range(5):
        await new_conversation(api, name=str(number))
    first = (await api.get(BASE, params={"limit": 2})).json()
    assert (first["count"], [row["name"] for row in first["results"]]) == (5, ["4", "3"])
    assert first["previous"] is None
    second = (await api.http.get(first["next"])).json()
    assert [row["name"] for row in second["results"]] == ["2", "1"]
    last = (await api.http.get(second["next"])).json()
    assert (last["count"], [row["name"] for row in last["results"]], last["next"]) == (5, ["0"], None)
    beyond = (await api.get(BASE, params={"offset": 50})).json()
    assert (beyond["count"], beyond["results"]) == (5, [])


async def test_admins_list_all_and_others_their_own(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    await new_conversation(api, name="of the admin", tags=["secret"])
    await new_conversation(viewer, name="of the viewer", tags=["open"])
    assert await names(viewer) == ["of the viewer"]
    assert await names(api) == ["of the viewer", "of the admin"]
    assert (await viewer.get(f"{BASE}all-tags/")).json() == {"tags": ["open"], "count": 1}
    assert (await api.get(f"{BASE}all-tags/")).json() == {"tags": ["open", "secret"], "count": 2}


async def test_archive_and_bring_back(api: Api) -> None:
    talk = await new_conversation(api, name="old", tags=["x"])
    assert (await api.post(f"{BASE}{talk}/unarchive/")).status_code == 400
    assert (await api.post(f"{BASE}{talk}/permanent_delete/")).status_code == 400
    assert (await api.delete(f"{BASE}{talk}/")).status_code == 204
    assert await names(api) == []
    assert await names(api, include_archived="true") == ["old"]
    assert (await api.get(f"{BASE}all-tags/")).json()["tags"] == []
    assert (await api.get(f"{BASE}{talk}/")).status_code == 404
    archived = await api.get(f"{BASE}{talk}/", params={"include_archived": "true"})
    assert archived.json()["is_archived"]
    assert not archived.json()["can_send_messages"]
    assert (await api.post(f"{BASE}{talk}/unarchive/")).status_code == 204
    assert await names(api) == ["old"]


async def test_deleting_for_good_takes_everything_along(process: Process, api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    talk = await new_conversation(viewer)
    await ask(viewer, "Who pays?", talk)
    context = {"conversation_id": talk, "query_id": 0, "source": "PlaygroundConversation"}
    assert (await viewer.post("/feedbacks/", json={"context": context})).status_code == 201
    assert (await viewer.delete(f"{BASE}{talk}/")).status_code == 204
    assert (await viewer.post(f"{BASE}{talk}/permanent_delete/")).status_code == 403
    assert (await api.post(f"{BASE}{talk}/permanent_delete/")).status_code == 204
    assert (await api.get(f"{BASE}{talk}/", params={"include_archived": "true"})).status_code == 404
    assert (await api.get("/feedbacks/")).json()["count"] == 0
    async with process.database.read() as session:
        for table in (Message, Turn):
            query = select(func.count()).select_from(table).where(table.conversation_id == UUID(talk))
            assert await session.scalar(query) == 0


async def test_members_read_a_shared_conversation_and_cannot_write_in_it(api: Api, join: Join) -> None:
    owner, reader = await join(VIEW), await join(VIEW)
    talk = await new_conversation(owner)
    assert (await reader.get(f"{BASE}{talk}/")).status_code == 404
    assert (await reader.post(f"{BASE}{talk}/share/")).status_code == 404
    assert (await owner.post(f"{BASE}{talk}/unshare/")).status_code == 400
    shared = await owner.post(f"{BASE}{talk}/share/")
    assert shared.json() == {"status": "shared", "is_shared": True}
    assert (await owner.post(f"{BASE}{talk}/share/")).status_code == 400
    read = await reader.get(f"{BASE}{talk}/")
    assert read.json()["is_shared"]
    assert not read.json()["can_send_messages"]
    assert (await owner.get(f"{BASE}{talk}/")).json()["can_send_messages"]
    assert (await api.get(f"{BASE}{talk}/")).json()["can_send_messages"]
    assert await names(reader) == []
    for path in ("unshare/", "send_message_stream/"):
        assert (await reader.post(f"{BASE}{talk}/{path}", json={"message": "Hello?"})).status_code == 403
    assert (await reader.delete(f"{BASE}{talk}/")).status_code == 403
    assert (await api.post(f"{BASE}{talk}/unshare/")).json() == {"status": "unshared", "is_shared": False}
    assert (await reader.get(f"{BASE}{talk}/")).status_code == 404


async def test_instructions_are_kept(api: Api) -> None:
    talk = await new_conversation(api, conversation_instructions="Answer in French.")
    assert (await api.get(f"{BASE}{talk}/")).json()["conversation_instructions"] == "Answer in French."


async def test_agent_settings_are_required(api: Api) -> None:
    answer = await api.post(BASE, json={"name": "x"})
    assert (answer.status_code, list(answer.json())) == (400, ["agent_settings"])


async def test_characters_that_cannot_be_stored_are_a_clear_error(api: Api) -> None:
    agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
    for name in (b'"a\\u0000b"', b'"\\ud800"'):
        content = b'{"agent_settings": "%s", "name": %s}' % (agent.encode(), name)
        answer = await api.post(BASE, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text
    assert (await api.get(BASE, params={"text": "a\x00b"})).status_code == 400
