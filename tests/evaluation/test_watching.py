"""Runs after changes: one for many changes, none without a change, and only where the project wishes it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from citewell.evaluation.repository.watching import read_fingerprint
from citewell.evaluation.watching import LONGEST, QUIET, SETTING, look, look_at
from citewell.kit.ids import new_id
from citewell.process import Process
from tests.conftest import Api, until_ended
from tests.documents.test_local import put, until_active
from tests.documents.test_metadata import add_tag, change
from tests.sse import new_conversation

NOON = datetime(2126, 1, 1, 12, tzinfo=UTC)  # after all that the server looks at by itself
MINUTE = timedelta(minutes=1)


async def ready(api: Api) -> None:
    """With something to ask. The setting stays off, so that the server's own looks do not count."""
    assert (await api.post("/ground-truths/", json={"query": "Who?", "answer": "Ada"})).status_code == 201


async def look_once(process: Process, api: Api, at: datetime) -> None:
    async with process.database.write() as session:
        await look_at(session, process, UUID(api.project), at)


async def upload(api: Api) -> None:
    name = new_id().hex
    files = [("files", (f"{name}.txt", f"{name} is a word.".encode()))]
    uploaded = (await api.post("/documents/bulk-upload/", files=files)).json()
    await until_ended(api, [item["id"] for item in uploaded])


async def runs_of(api: Api) -> list[str]:
    return [one["trigger"] for one in (await api.get("/evaluation-runs/")).json()["results"]]


async def test_many_changes_make_one_run(process: Process, api: Api) -> None:
    await ready(api)
    await look_once(process, api, NOON)
    await look_once(process, api, NOON + 10 * MINUTE)
    assert await runs_of(api) == [], "nothing has changed"
    await upload(api)
    await look_once(process, api, NOON + 11 * MINUTE)
    await api.http.patch(f"{api.base}/", json={"max_fetchable_objects": 100})
    await look_once(process, api, NOON + 12 * MINUTE)
    assert await runs_of(api) == [], "changes may follow"
    await look_once(process, api, NOON + 12 * MINUTE + QUIET)
    await look_once(process, api, NOON + 13 * MINUTE + QUIET)
    assert await runs_of(api) == ["automatic"]


async def test_settings_of_agents_count_and_conversations_do_not(process: Process, api: Api) -> None:
    await ready(api)
    await look_once(process, api, NOON)
    [agent] = (await api.get("/agent-settings/")).json()["results"]
    talk = await api.post("/playground-conversations/", json={"agent_settings": agent["id"]})
    assert talk.status_code == 201
    await look_once(process, api, NOON + 10 * MINUTE)
    await look_once(process, api, NOON + 20 * MINUTE)
    assert await runs_of(api) == []
    changed = await api.http.put(
        f"{api.base}/agent-settings/{agent['id']}/", json={"name": "Brief", "additional_instructions": "Be brief."}
    )
    assert changed.status_code == 200, changed.text
    await look_once(process, api, NOON + 21 * MINUTE)
    await look_once(process, api, NOON + 21 * MINUTE + QUIET)
    assert await runs_of(api) == ["automatic"]


async def test_what_tools_and_agents_are_restricted_by_counts(process: Process, api: Api) -> None:
    """Tags, metadata and collections decide what a tool finds; an agent may have documents of its own."""
    await ready(api)
    await upload(api)
    [document] = (await api.get("/documents/")).json()["results"]
    [agent] = (await api.get("/agent-settings/")).json()["results"]
    conversation = await new_conversation(api)

    async def fingerprint() -> str:
        async with process.database.read() as session:
            return await read_fingerprint(session, UUID(api.project), SETTING, "")

    async def own(path: str) -> None:
        path = f"{path}/local-documents/"
        await put(api, path, {"own.txt": f"{new_id().hex} is a word.".encode()})
        await until_active(api, path)

    before = await fingerprint()
    await own(f"/playground-conversations/{conversation}")
    assert await fingerprint() == before, "what one conversation has changes no other answer"
    for changed in (
        lambda: add_tag(process, api, document["id"], "Country", "Norway"),
        lambda: change(api, document["id"], "add", key="year", value="2026"),
        lambda: own(f"/agent-settings/{agent['id']}"),
    ):
        await changed()
        after = await fingerprint()
        assert after != before
        before = after


async def test_changes_without_end_put_a_run_off_for_an_hour_only(process: Process, api: Api) -> None:
    await ready(api)
    await look_once(process, api, NOON)
    for minute in (1, 2):
        await api.http.patch(f"{api.base}/", json={"max_fetchable_objects": 100 + minute})
        await look_once(process, api, NOON + minute * LONGEST / 2)
    assert await runs_of(api) == []
    await api.http.patch(f"{api.base}/", json={"max_fetchable_objects": 200})
    await look_once(process, api, NOON + 3 * LONGEST / 2)
    assert await runs_of(api) == ["automatic"]


async def test_only_projects_that_wish_it_are_looked_at(process: Process, api: Api) -> None:
    await ready(api)
    for wish, runs in ((False, []), (True, ["automatic"])):
        changed = await api.http.patch(f"{api.base}/", json={"evaluate_after_changes": wish})
        assert changed.json()["evaluate_after_changes"] is wish
        await look(process, NOON)
        await api.http.patch(f"{api.base}/", json={"max_fetchable_objects": 100 + len(runs)})
        await look(process, NOON + MINUTE)
        await look(process, NOON + MINUTE + QUIET)
        assert await runs_of(api) == runs
