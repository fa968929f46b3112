"""Notifications: what makes them, and what users do with them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, update

from citewell.models import Notification
from citewell.notifications.service import relative_time
from citewell.process import Process
from tests.conftest import Api, until_ended
from tests.people.conftest import VIEW, Join
from tests.sse import ask, new_conversation
from tests.waiting import until
from tests.words import NOTIFICATIONS, lacking


async def told(api: Api, **params: str) -> list[dict[str, Any]]:
    return list((await api.get("/notifications/", params=params)).json()["results"])


async def share_something(api: Api, times: int = 1) -> None:
    for _ in range(times):
        talk = await new_conversation(api, name="Budget")
        assert (await api.post(f"/playground-conversations/{talk}/share/")).status_code == 200


async def test_runs_tell_whoever_started_them(api: Api) -> None:
    files = [("files", ("good.md", b"# A title\n\nSome text.")), ("files", ("bad.pdf", b"%PDF-1.4 broken"))]
    uploaded = (await api.post("/documents/bulk-upload/", files=files)).json()
    await until_ended(api, [document["id"] for document in uploaded])
    found = await until(lambda: told(api))
    assert [note["notification_type"] for note in found] == ["pipeline_run_failed"]
    assert "1 could not be processed" in found[0]["message"]
    run = await api.get(f"/pipeline-runs/{found[0]['source_object_id']}/")
    assert run.json()["status"] == "completed"


async def test_sharing_tells_the_members_and_feedback_the_admins(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    await share_something(api)
    [note] = await told(viewer)
    assert (note["notification_type"], note["status"], note["relative_time"]) == (
        "conversation_shared",
        "unread",
        "just now",
    )
    assert not lacking(NOTIFICATIONS, note["message_code"], note["message_values"])
    assert await told(api) == []
    talk = await new_conversation(viewer)
    await ask(viewer, "Who?", talk)
    context = {"conversation_id": talk, "query_id": 0, "source": "PlaygroundConversation"}
    await viewer.post("/feedbacks/", json={"context": context, "feedback": "Wrong"})
    [to_review] = await told(api)
    assert (to_review["notification_type"], to_review["access_level"]) == ("feedback_to_review", "admin")
    assert not lacking(NOTIFICATIONS, to_review["message_code"], to_review["message_values"])
    assert len(await told(viewer)) == 1


async def test_reading_and_deleting(process: Process, api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    await share_something(api, 3)
    first, second, _ = await told(viewer)
    read = await viewer.post(f"/notifications/{first['id']}/mark-as-read/")
    assert (read.json()["status"], read.json()["read_at"] is not None) == ("read", True)
    assert [note["id"] for note in await told(viewer, status="read")] == [first["id"]]
    unread = await viewer.post(f"/notifications/{first['id']}/mark-as-unread/")
    assert (unread.json()["status"], unread.json()["read_at"]) == ("unread", None)
    assert (await viewer.delete(f"/notifications/{second['id']}/")).status_code == 204
    assert (await viewer.get(f"/notifications/{second['id']}/")).status_code == 404
    assert (await viewer.post("/notifications/mark-all-as-read/")).json()["count"] == 2
    async with process.database.write() as session:
        long_ago = func.now() - func.make_interval(0, 0, 0, 8)
        await session.execute(update(Notification).where(Notification.id == first["id"]).values(read_at=long_ago))
    assert len(await told(viewer)) == 1, "what was read more than seven days ago is left out"
    assert (await viewer.post("/notifications/delete-read/")).json()["count"] == 2
    assert await told(viewer) == []


async def test_notifications_of_others_are_not_there(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    await share_something(api)
    [note] = await told(viewer)
    assert (await api.get(f"/notifications/{note['id']}/")).status_code == 404
    assert (await api.delete(f"/notifications/{note['id']}/")).status_code == 404
    assert (await api.post("/notifications/mark-all-as-read/")).json()["count"] == 0


def test_relative_times() -> None:
    expected = {0: "just now", 60: "1 minute ago", 7200: "2 hours ago", 86_400 * 40: "1 month ago", -5: "just now"}
    assert {seconds: relative_time(timedelta(seconds=seconds)) for seconds in expected} == expected
