"""Members, invites and mail."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from citewell.process import Process
from citewell.users.invites import honour_invites
from citewell.users.service import ensure_user
from tests.conftest import Api, client_of
from tests.people.conftest import ADMIN, IMPERSONATE, RUN, VIEW, Join, address
from tests.words import NOTIFICATIONS, lacking


async def members(api: Api, **params: str) -> dict[str, dict[str, Any]]:
    return {row["user"]["email"]: row for row in (await api.get("/users/", params=params)).json()["results"]}


async def mail_to(process: Process, recipient: str) -> EmailMessage:
    """The mail that the worker wrote into the outbox."""
    folder: Path = process.settings.data_dir / "outbox"
    async with asyncio.timeout(120):
        while True:
            for path in folder.glob("*.eml"):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if message["To"] == recipient:
                    assert isinstance(message, EmailMessage)
                    return message
            await asyncio.sleep(0.05)


async def test_members_are_listed_and_changed(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    everybody = await members(api)
    assert len(everybody) == 2
    assert list(await members(api, search=viewer.email[:20].upper())) == [viewer.email]
    row = everybody[viewer.email]
    changed = await api.patch(f"/users/{row['id']}/", json={"permissions": [RUN, VIEW, VIEW], "profile": "user"})
    assert (changed.json()["permissions"], changed.json()["profile"]) == ([VIEW, RUN], "user")
    assert (await viewer.post("/documents/bulk-upload/")).status_code == 400  # and not 403
    wrong = await api.patch(f"/users/{row['id']}/", json={"permissions": ["EVERYTHING"]})
    assert (wrong.status_code, list(wrong.json())) == (400, ["permissions.0"])


async def test_only_superusers_let_others_impersonate(api: Api, join: Join) -> None:
    viewer, superuser = await join(VIEW), await join(superuser=True)
    row = (await members(api))[viewer.email]
    body = {"permissions": [VIEW, IMPERSONATE]}
    assert (await api.patch(f"/users/{row['id']}/", json=body)).status_code == 403
    invited = await api.post("/invites/invite/", json={"email": address(), **body})
    assert invited.status_code == 403
    assert (await superuser.patch(f"/users/{row['id']}/", json=body)).status_code == 200
    # What somebody has, an admin may leave them.
    again = await api.patch(f"/users/{row['id']}/", json={"permissions": [VIEW, RUN, IMPERSONATE]})
    assert again.status_code == 200


async def test_the_last_admin_stays(api: Api, join: Join) -> None:
    [me] = (await members(api)).values()
    assert (await api.delete(f"/users/{me['id']}/")).status_code == 400
    assert (await api.patch(f"/users/{me['id']}/", json={"permissions": [VIEW]})).status_code == 400
    superuser = await join(superuser=True)
    last = await superuser.post("/users/remove-by-email/", json={"email": me["user"]["email"]})
    assert (last.status_code, "last admin" in last.json()["error"]) == (400, True)
    second = await join(ADMIN)
    assert (await second.post("/users/remove-by-email/", json={"email": second.email})).status_code == 400
    assert (await second.delete(f"/users/{me['id']}/")).status_code == 204
    assert (await api.get("/users/")).status_code == 403


async def test_two_admins_who_remove_each_other_leave_one(api: Api, join: Join) -> None:
    one, two = await join(ADMIN), await join(ADMIN)
    everybody = await members(api)
    [owner] = [row for address_, row in everybody.items() if address_ not in (one.email, two.email)]
    assert (await one.delete(f"/users/{owner['id']}/")).status_code == 204
    answers = await asyncio.gather(
        one.delete(f"/users/{everybody[two.email]['id']}/"),
        two.delete(f"/users/{everybody[one.email]['id']}/"),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 204
    assert sorted(answer.status_code for answer in answers)[1] in (400, 403)


async def test_a_removed_user_has_no_access(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    user = (await members(api))[viewer.email]["user"]["id"]
    assert (await api.delete(f"/users/{user}/")).status_code == 204  # by the id of the user as well
    assert (await viewer.get("/documents/")).status_code == 403
    assert (await api.delete(f"/users/{user}/")).status_code == 404
    gone = await api.post("/users/remove-by-email/", json={"email": viewer.email})
    assert gone.status_code == 400


async def test_inviting_a_known_user_gives_access_at_once(process: Process, server: str, api: Api) -> None:
    known = address()
    async with client_of(process, server, known) as client:
        client.project = api.project
        assert (await client.get("/documents/")).status_code == 403
        invited = await api.post("/invites/invite/", json={"email": known.upper(), "permissions": [VIEW]})
        assert invited.status_code == 201, invited.text
        assert (invited.json()["type"], invited.json()["status"]) == ("existing_user", "accepted")
        assert invited.json()["profile"] == "contributor"
        assert (await client.get("/documents/")).status_code == 200
        [told] = (await client.get("/notifications/")).json()["results"]
        assert told["notification_type"] == "project_invite"
        assert not lacking(NOTIFICATIONS, told["message_code"], told["message_values"])
    again = await api.post("/invites/invite/", json={"email": known, "permissions": [VIEW]})
    assert (again.status_code, "already" in again.json()["error"]) == (400, True)
    cancelled = await api.delete(f"/invites/{invited.json()['id']}/")
    assert cancelled.status_code == 400
    assert "have access" in (await mail_to(process, known))["Subject"]


async def test_an_invite_waits_for_the_first_sign_in(process: Process, server: str, api: Api) -> None:
    unknown = address()
    invited = await api.post("/invites/invite/", json={"email": unknown, "permissions": [VIEW, RUN]})
    assert (invited.json()["type"], invited.json()["status"]) == ("new_user", "pending")
    assert (await api.post("/invites/invite/", json={"email": unknown, "permissions": [VIEW]})).status_code == 400
    listed = (await api.get("/invites/", params={"status": "pending", "search": unknown[:9]})).json()["results"]
    assert [row["email"] for row in listed] == [unknown]
    assert listed[0]["invited_by"]["email"]
    assert "/register?invite=" in (await mail_to(process, unknown)).get_content()
    async with process.database.write() as session:
        assert await honour_invites(session, await ensure_user(session, unknown)) == 1
    async with client_of(process, server, unknown) as client:
        client.project = api.project
        assert (await client.post("/documents/bulk-upload/")).status_code == 400  # and not 403
    assert (await api.get("/invites/", params={"status": "accepted"})).json()["count"] == 1


async def test_a_cancelled_invite_gives_nothing(process: Process, server: str, api: Api) -> None:
    unknown = address()
    invite = (await api.post("/invites/invite/", json={"email": unknown, "permissions": [VIEW]})).json()
    assert (await api.delete(f"/invites/{invite['id']}/")).status_code == 204
    assert (await api.delete(f"/invites/{invite['id']}/")).status_code == 400
    async with process.database.write() as session:
        assert await honour_invites(session, await ensure_user(session, unknown)) == 0
    async with client_of(process, server, unknown) as client:
        client.project = api.project
        assert (await client.get("/documents/")).status_code == 403


async def test_wrong_invites(api: Api) -> None:
    for body, field in (
        ({"permissions": [VIEW]}, "email"),
        ({"email": "nobody", "permissions": [VIEW]}, "email"),
        ({"email": "a@b.org\r\nBcc: all@example.org", "permissions": [VIEW]}, "email"),
        ({"email": address()}, "permissions"),
        ({"email": address(), "permissions": []}, "permissions"),
    ):
        answer = await api.post("/invites/invite/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])
