"""A project's flow: what a run would do and does, and publishing by hand."""

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from citewell.flows import service
from tests.conftest import Api
from tests.documents.test_processing import active, names, send_version, until_version
from tests.documents.test_upload import upload
from tests.waiting import until

OLD = b"# Prices\n\nA room costs 140 EUR for the night, and breakfast is included in that."
NEW = b"# Prices\n\nA suite costs 900 EUR for the night, and dinner is included in that."


async def flow_of(api: Api) -> dict[str, Any]:
    [flow] = (await api.get("/extraction-flows/")).json()
    found: dict[str, Any] = flow
    return found


async def set_mode(api: Api, mode: str) -> str:
    flow = await flow_of(api)
    answer = await api.patch(f"/extraction-flows/{flow['id']}/", json={"publish_mode": mode})
    assert answer.json()["publish_mode"] == mode, answer.text
    return f"/extraction-flows/{flow['id']}"


async def until_ready(api: Api, documents: list[str]) -> None:
    """Until all wait to be published."""

    async def wait() -> bool:
        rows = (await api.get("/documents/indexing-status/")).json()
        states = {row["document_id"]: (row["status"], row["waits_for"] or "") for row in rows}
        return all(states[key][0] == "ready_to_publish" and "publish" in states[key][1] for key in documents)

    await until(wait)


async def until_run_ended(api: Api, run_id: str) -> str:
    async def status() -> str:
        return str((await api.get(f"/pipeline-runs/{run_id}/")).json()["status"])

    return await until(status, lambda found: found not in ("pending", "running"))


async def test_every_project_has_one_whose_steps_stay(api: Api) -> None:
    flow = await flow_of(api)
    path = f"/extraction-flows/{flow['id']}/"
    assert flow["publish_mode"] == "auto_publish"
    assert [node["id"] for node in flow["dag"]["nodes"]] == ["parse", "chunk", "embed", "publish"]
    changed = (await api.patch(path, json={"name": "Reports", "dag": flow["dag"]})).json()
    assert changed["name"] == "Reports"
    assert await flow_of(api) == changed
    refused = await api.patch(path, json={"dag": {"nodes": []}})
    assert (refused.status_code, list(refused.json())) == (400, ["dag"])
    assert (await api.delete(path)).status_code == 400
    assert (await api.get(path)).json() == changed


async def test_statistics_say_what_a_run_then_does(api: Api) -> None:
    await active(api)
    path = f"/extraction-flows/{(await flow_of(api))['id']}"
    nodes = (await api.post(f"{path}/node-stats/")).json()
    assert {name: node["reused"] for name, node in nodes.items()} == dict.fromkeys(nodes, 1)
    settings = {"default_chunking_maximum_chunk_size": 300}
    assert (await api.patch("/", json=settings)).status_code == 200
    nodes = (await api.post(f"{path}/node-stats/", json={"document_ids": []})).json()
    anew = {name: node["recomputed"] for name, node in nodes.items()}
    assert anew == {"parse": 0, "chunk": 1, "embed": 1, "publish": 1}
    runs = (await api.get("/pipeline-runs/")).json()["count"]
    assert runs == 1, "statistics must not run anything"
    started = (await api.post(f"{path}/run-sync/")).json()
    assert started["message"] == "Processing 1 document; 0 need nothing."
    assert await until_run_ended(api, started["pipeline_run_id"]) == "completed"
    again = (await api.post(f"{path}/run-sync/")).json()
    assert again["message"] == "Processing 0 documents; 1 need nothing."


async def test_what_is_published_by_hand_is_not_found_before(api: Api) -> None:
    document = await active(api, "prices.md", OLD)
    path = await set_mode(api, "manual_publish")
    assert (await send_version(api, document, "prices.md", NEW)).status_code == 201
    [other] = await upload(api, {"suites.md": b"# Suites\n\nA suite has two rooms and a view."})
    await until_ready(api, [document, other["id"]])
    for run in (await api.get("/pipeline-runs/")).json()["results"]:
        assert await until_run_ended(api, run["id"]) == "completed"
    assert await names(api, "suite") == []
    assert await names(api, "breakfast") == ["prices.md"]
    reasons = (await api.get(f"/documents/{document}/diagnosis/")).json()["reasons"]
    assert any("publish" in reason for reason in reasons)

    started = (await api.post(f"{path}/publish/", json={"document_ids": [document]})).json()
    assert started["message"] == "Publishing 1 document."
    assert await until_run_ended(api, started["pipeline_run_id"]) == "completed"
    await until_version(api, document, 2)
    assert await names(api, "suite") == ["prices.md"]
    assert await names(api, "breakfast") == []
    rest = (await api.post(f"{path}/publish/")).json()
    assert await until_run_ended(api, rest["pipeline_run_id"]) == "completed"
    assert sorted(await names(api, "suite")) == ["prices.md", "suites.md"]
    nothing = (await api.post(f"{path}/publish/")).json()
    assert nothing["message"] == "Publishing 0 documents."
    assert await until_run_ended(api, nothing["pipeline_run_id"]) == "completed"


async def test_of_several_versions_that_wait_the_newest_is_published(api: Api) -> None:
    document = await active(api, "prices.md", OLD)
    path = await set_mode(api, "manual_publish")
    for number, content in enumerate((b"A tent costs 20 EUR.", NEW), 2):
        assert (await send_version(api, document, "prices.md", content)).status_code == 201
        await until_ready(api, [document])
        rows = (await api.get("/documents/indexing-status/")).json()
        assert [row["version"] for row in rows] == [number]
    started = (await api.post(f"{path}/publish/")).json()
    assert await until_run_ended(api, started["pipeline_run_id"]) == "completed"
    assert await names(api, "suite") == ["prices.md"]
    assert await names(api, "tent") == []


async def test_nothing_is_left_waiting_when_it_publishes_by_itself_again(api: Api) -> None:
    await set_mode(api, "manual_publish")
    [row] = await upload(api, {"prices.md": NEW})
    await until_ready(api, [row["id"]])
    path = await set_mode(api, "auto_publish")
    await until_version(api, row["id"], 1)
    assert await names(api, "suite") == ["prices.md"]
    refused = await api.post(f"{path}/publish/")
    assert refused.status_code == 400
    assert "manual_publish" in refused.json()["error"]


async def test_the_mode_changes_while_documents_arrive(api: Api) -> None:
    """Whatever each change sees of them, none is left behind."""
    sent = []
    for number in range(6):
        sent += await upload(api, {f"d{number}.md": f"# Note {number}\n\nThe word{number} of the day.".encode()})
        await set_mode(api, "manual_publish" if number % 2 == 0 else "auto_publish")
    for row in sent:
        await until_version(api, row["id"], 1)
    assert await names(api, "word0") == ["d0.md"]
    assert await names(api, "word5") == ["d5.md"]


async def test_statistics_are_counted_again_where_their_connection_died(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await active(api)
    count, deaths = service.look_ahead, iter([OperationalError("read", None, Exception(), connection_invalidated=True)])

    async def broken(*arguments: Any) -> Any:
        for death in deaths:
            raise death
        return await count(*arguments)

    monkeypatch.setattr(service, "look_ahead", broken)
    answer = await api.post(f"/extraction-flows/{(await flow_of(api))['id']}/node-stats/")
    assert answer.status_code == 200, answer.text
