"""Interviews: who is asked, who is told, who sees them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from citewell.kit.ids import new_id
from citewell.process import Process
from tests.conftest import Api, client_of, grant
from tests.words import NOTIFICATIONS, lacking


def address() -> str:
    return f"{new_id().hex}@example.org"


async def me(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.http.get("/api/v1/users/me/")).json()
    return found


async def test_a_member_and_a_stranger_are_asked(process: Process, server: str, api: Api) -> None:
    async with client_of(process, server, address()) as member:
        member.project = api.project
        await grant(process, api, member.token, ["CAN_VIEW_DATA"])
        asked, stranger = await me(member), address().upper()
        body = {
            "assignee_ids": [asked["id"], asked["id"]],
            "invite_emails": [stranger, asked["email"]],
            "topic": "Boilers",
        }
        answer = await api.post("/interviews/assign/", json=body)
        assert answer.status_code == 201, answer.text
        first, second = answer.json()
        assert (first["assigned_to"], first["assigned_to_email"]) == (asked["id"], asked["email"])
        assert (first["name"], first["status"], first["write_scope"]) == ("Boilers", "pending", "local")
        assert first["assigned_by_email"] == (await me(api))["email"]
        assert (second["assigned_to"], second["is_pending_invite"]) == (None, True)
        assert second["assigned_to_email"] == stranger.lower()

        [note] = (await member.get("/notifications/")).json()["results"]
        assert (note["notification_type"], note["source_object_id"]) == ("interview_assigned", first["id"])
        assert "Boilers" in note["message"]
        assert not lacking(NOTIFICATIONS, note["message_code"], note["message_values"])
        [invite] = (await api.get("/invites/")).json()["results"]
        assert (invite["email"], invite["permissions"]) == (stranger.lower(), ["CAN_VIEW_DATA"])
        assert [row["id"] for row in (await member.get("/interviews/")).json()["results"]] == [first["id"]]
        assert (await member.get(f"/interviews/{second['id']}/")).status_code == 404
        assert (await api.get(f"/interviews/{second['id']}/")).json() == second

        # An invite that waits already is no obstacle to a second interview.
        again = await api.post("/interviews/assign/", json={"invite_emails": [stranger]})
        assert again.json()[0]["is_pending_invite"] is True
        assert (await api.get("/invites/")).json()["count"] == 1
        entries = (await api.get("/audit-log/", params={"action": "interview_assigned"})).json()
        assert entries["count"] == 3


async def test_a_known_user_without_access_gets_it(process: Process, server: str, api: Api) -> None:
    email = address()
    async with client_of(process, server, email) as known:
        known.project = api.project
        assert (await known.get("/interviews/")).status_code == 403
        [made] = (await api.post("/interviews/assign/", json={"invite_emails": [email]})).json()
        assert (made["assigned_to"], made["is_pending_invite"]) == ((await me(known))["id"], False)
        assert (await known.get("/interviews/", params={"assigned_to": "me"})).json()["count"] == 1
        notes = (await known.get("/notifications/")).json()["results"]
        assert {note["notification_type"] for note in notes} == {"project_invite", "interview_assigned"}


async def test_two_ask_the_same_stranger_at_once(api: Api) -> None:
    body = {"invite_emails": [address()]}
    answers = await asyncio.gather(*(api.post("/interviews/assign/", json=body) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert (await api.get("/invites/")).json()["count"] == 1
    assert (await api.get("/interviews/")).json()["count"] == 6


async def test_interviews_are_filtered_by_person_state_and_words(api: Api) -> None:
    own = (await me(api))["id"]
    [mine] = (await api.post("/interviews/assign/", json={"assignee_ids": [own], "topic": "100 % wool"})).json()
    [other] = (await api.post("/interviews/assign/", json={"invite_emails": [address()], "topic": "Silk"})).json()

    async def found(**query: str) -> list[str]:
        return [row["id"] for row in (await api.get("/interviews/", params=query)).json()["results"]]

    assert await found() == [other["id"], mine["id"]]
    assert await found(assigned_to="me") == [other["id"], mine["id"]], "those that one asked for as well"
    assert await found(text="% WOOL") == [mine["id"]]
    assert await found(text="_") == []
    assert await found(status="pending", text=other["assigned_to_email"]) == [other["id"]]
    assert await found(status="completed") == []
    assert await found(status="completed,pending") == [other["id"], mine["id"]]
    assert list((await api.get("/interviews/", params={"status": "ended"})).json()) == ["status"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "assignee_ids"),
        ({"assignee_ids": [str(uuid4())]}, "assignee_ids"),
        ({"invite_emails": ["nobody"]}, "email"),
        ({"invite_emails": ["a@example.org"] * 101}, "invite_emails"),
        ({"invite_emails": ["a@example.org"], "write_scope": "all"}, "write_scope"),
        ({"invite_emails": ["a@example.org"], "topic": "a\0b"}, "topic"),
        ({"invite_emails": ["a@example.org"], "write_scope": "global"}, "invite_emails"),
    ],
)
async def test_what_is_wrong_is_named_and_nobody_is_asked(api: Api, body: dict[str, Any], field: str) -> None:
    answer = await api.post("/interviews/assign/", json=body)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert (await api.get("/interviews/")).json()["count"] == 0
