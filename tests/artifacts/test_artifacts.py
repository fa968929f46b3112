"""What people write down beside the documents: read, edited, kept in versions, and handed to agents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts.context import expert_knowledge
from citewell.db.file_hold import holding_files
from citewell.kit.outages import UnconfirmedCommit
from citewell.process import Process
from tests.conftest import Api

REVIEW = {
    "name": "Review a contract",
    "objective": "Find what is unusual.",
    "steps": [
        {"name": "Read", "instructions": "Read the whole text.", "next_steps": ["Compare"]},
        {"name": "Compare", "next_steps": [{"to": "Read", "condition": "a part is missing"}, {"to": "EXIT"}]},
    ],
}


async def edit(api: Api, kind: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/artifact-edits/{kind}/", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused(api: Api, kind: str, **body: Any) -> str:
    answer = await api.post(f"/artifact-edits/{kind}/", json=body)
    assert answer.status_code == 400, answer.text
    return answer.text


async def test_a_new_project_has_all_of_them(api: Api) -> None:
    found = (await api.get("/artifacts/")).json()
    assert [one["slug"] for one in found] == [
        "brief",
        "general_knowledge",
        "corpus_description",
        "playbooks",
        "mental_map",
        "design_templates",
    ]
    assert {one["version"] for one in found} == {0}
    definition = (await api.get("/artifacts/playbooks/definition/")).json()
    assert (definition["technical_type"], "EXIT" in definition["format"]) == ("playbook_list", True)
    assert (await api.get("/artifacts/routings/")).status_code == 404


async def test_the_brief_is_one_thing_wherever_it_is_written(api: Api) -> None:
    [agent] = (await api.get("/agent-settings/")).json()["results"]
    await edit(api, "brief", action="set", content="How we travel.", change_summary="First words")
    project = (await api.http.get(f"{api.base}/")).json()
    assert project["business_brief"] == "How we travel."
    assert (await api.get(f"/agent-settings/{agent['id']}/")).json()["project_brief"] == "How we travel."
    await api.http.patch(f"{api.base}/", json={"business_brief": "How we travel and eat."})
    artifact = (await api.get("/artifacts/brief/")).json()
    assert (artifact["version"], artifact["content"]) == (2, {"text": "How we travel and eat."})
    assert (await api.get(f"/agent-settings/{agent['id']}/")).json()["project_brief"] == "How we travel and eat."
    other = await api.post("/agent-settings/", json={"name": "Silent", "project_brief": False})
    assert other.json()["project_brief"] == ""


async def test_a_text_is_changed_by_its_words_and_by_its_lines(api: Api) -> None:
    await edit(api, "general-knowledge", action="set", content="FY ends in June.\nNo trains.\nNo taxis.")
    changes = [
        {"old_text": "June", "new_text": "September"},
        {"start_line": 2, "new_text": "Trains first."},
        {"start_line": 4, "new_text": "Hotels by the list."},
    ]
    told = await edit(api, "general-knowledge", action="patch", changes=changes, change_summary="Rules of 2026")
    assert told["content"] == "FY ends in September.\nTrains first.\nNo taxis.\nHotels by the list."
    twice = [{"old_text": "s", "new_text": ""}]
    assert "times" in await refused(api, "general-knowledge", action="patch", changes=twice)
    wrong = [{"old_text": "September", "new_text": "May"}, {"old_text": "not there", "new_text": ""}]
    assert "changes.1" in await refused(api, "general-knowledge", action="patch", changes=wrong)
    assert "has 4" in await refused(
        api, "general-knowledge", action="patch", changes=[{"start_line": 9, "new_text": "x"}]
    )
    now = await edit(api, "general-knowledge", action="get")
    assert now["content"].startswith("FY ends in September."), "an edit that fails half-way changes nothing"


async def test_who_read_an_older_version_is_told(api: Api) -> None:
    await edit(api, "corpus-description", action="set", content="Contracts.", base_version=0)
    late = await api.post(
        "/artifact-edits/corpus-description/", json={"action": "set", "content": "x", "base_version": 0}
    )
    assert late.status_code == 409
    again = await edit(api, "corpus-description", action="set", content="Contracts.")
    assert again["version"] == 1, "the same content makes no version"


async def test_versions_are_kept_and_restored_and_stand_in_the_changelog(api: Api) -> None:
    for text in ("one", "two"):
        await edit(api, "general-knowledge", action="set", content=text, change_summary=f"Wrote {text}")
    rows = (await api.get("/artifacts/general_knowledge/versions/")).json()["results"]
    assert [(row["version"], row["change_summary"]) for row in rows] == [(2, "Wrote two"), (1, "Wrote one")]
    restored = await api.post("/artifacts/general_knowledge/versions/1/restore/")
    assert (restored.json()["version"], restored.json()["content"]["text"]) == (3, "one")
    files = [("files", ("a.txt", b"Some text."))]
    assert (await api.post("/documents/bulk-upload/", files=files)).status_code == 201
    entries = (await api.get("/knowledge-changelog/")).json()["results"]
    assert entries[0]["kind"] == "document_upload"
    assert [entry["summary"] for entry in entries[1:]] == ["Restored version 1.", "Wrote two", "Wrote one"]
    page = (await api.get("/knowledge-changelog/", params={"limit": 1, "offset": 1})).json()
    assert (page["count"], page["results"][0]["version"]) == (4, 3)


async def test_playbooks_are_changed_step_by_step(api: Api) -> None:
    made = await edit(api, "playbook", action="set", playbook=REVIEW)
    changes = [
        {"op": "add_step", "after": "Compare", "step": {"name": "Report", "instructions": "Write it down."}},
        {"op": "update_step", "step_name": "Compare", "next_steps": ["Report"]},
        {"op": "update_step", "step_name": "Report", "name": "Tell"},
        {"op": "remove_step", "step_name": "Read"},
        {"op": "rename", "name": "Review"},
    ]
    told = await edit(api, "playbook", action="patch", playbook_name="review a contract", changes=changes)
    assert told["content"]["id"] == made["content"]["id"]
    assert [(step["name"], [one["to"] for one in step["next_steps"]]) for step in told["content"]["steps"]] == [
        ("Compare", ["Tell"]),
        ("Tell", []),
    ]
    assert [one["name"] for one in (await edit(api, "playbook", action="list"))["content"]] == ["Review"]
    endless = [{"op": "update_step", "step_name": "Tell", "next_steps": ["Compare"]}]
    assert "EXIT" in await refused(api, "playbook", action="patch", playbook_name="Review", changes=endless)
    unknown = [{"op": "remove_step", "step_name": "Read"}]
    assert "Compare, Tell" in await refused(api, "playbook", action="patch", playbook_name="Review", changes=unknown)
    await edit(api, "playbook", action="delete", playbook_name="Review")
    assert (await api.get("/artifacts/playbooks/")).json()["content"] == {"playbooks": []}


async def test_the_mental_map_keeps_its_relations_whole(api: Api) -> None:
    changes = [
        {"op": "add_domain", "domain": {"label": "Travel"}},
        {"op": "add_concept", "domain": "Travel", "concept": {"name": "Trip", "synonyms": ["journey"]}},
        {
            "op": "add_concept",
            "domain": "Travel",
            "concept": {"name": "Claim", "relations": [{"relation": "belongs to", "to": "Trip"}]},
        },
        {"op": "update_concept", "domain": "travel", "concept": "trip", "name": "Business trip"},
    ]
    told = await edit(api, "mental-map", action="patch", changes=changes, change_summary="Words of accounting")
    claim = told["content"]["domains"][0]["concepts"][1]
    assert claim["relations"] == [{"relation": "belongs to", "to": "Business trip"}]
    lost = [
        {"op": "update_concept", "domain": "Travel", "concept": "Claim", "relations": [{"relation": "is", "to": "X"}]}
    ]
    assert "not a concept" in await refused(api, "mental-map", action="patch", changes=lost)
    gone = [{"op": "remove_concept", "domain": "Travel", "concept": "Business trip"}]
    told = await edit(api, "mental-map", action="patch", changes=gone)
    assert told["content"]["domains"][0]["concepts"][0]["relations"] == []


async def test_templates_have_files_that_open_without_a_token(
    api: Api, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = {"name": "Offer", "when_to_use": "For offers.", "output_format": "docx"}
    told = await edit(api, "design-template", action="upsert", template=template)
    identity = told["content"]["id"]
    assert identity in told["ui_url"]
    data = {"template_id": identity}
    sent = await api.post("/design-template-files/", data=data, files={"file": ("letter.docx", b"PK-letterhead")})
    assert sent.status_code == 201, sent.text
    async with httpx.AsyncClient() as anybody:
        file = await anybody.get(sent.json()["signed_url"])
    assert (file.content, file.headers["content-disposition"][:10]) == (b"PK-letterhead", "attachment")
    write = process.database.write

    @asynccontextmanager
    async def unconfirmed() -> AsyncIterator[AsyncSession]:
        async with write() as session:
            yield session
        raise OperationalError("COMMIT", None, UnconfirmedCommit()) from UnconfirmedCommit()

    with monkeypatch.context() as patch:
        patch.setattr(process.database, "write", unconfirmed)
        unsure = await api.post("/design-template-files/", data=data, files={"file": ("unsure.docx", b"PK-unsure")})
    assert (unsure.status_code, unsure.json()["code"]) == (503, "commit_unconfirmed")
    [listed, _] = (await api.get("/design-template-files/")).json()["results"]
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(listed["signed_url"])).content == b"PK-unsure", "its row is there, and so is the file"
    with holding_files(process.database.url):  # as a backup does
        gone = await api.delete(f"/design-template-files/{listed['id']}/")
    assert gone.status_code == 204, "the file goes with the daily search for orphans"
    wrong = {"template_id": str(uuid4())}
    unknown = await api.post("/design-template-files/", data=wrong, files={"file": ("a.docx", b"x")})
    assert (unknown.status_code, list(unknown.json())) == (400, ["template_id"])
    await edit(api, "design-template", action="delete", template_name="Offer")
    assert (await api.get("/design-template-files/")).json()["count"] == 0
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(sent.json()["signed_url"])).status_code == 404
    stored = [file.key async for batch in process.files.list() for file in batch]
    left = [key for key in stored if key.startswith(f"{api.project}/design-templates/")]
    assert [PurePath(key).name for key in left] == [listed["id"]]


async def test_agents_get_what_their_settings_say(api: Api, process: Process) -> None:
    await edit(api, "general-knowledge", action="set", content="Our financial year ends in September.")
    chosen = (await edit(api, "playbook", action="set", playbook=REVIEW))["content"]["id"]
    await edit(api, "playbook", action="set", playbook={"name": "Another"})

    async def knowledge(mode: str, *ids: str) -> str:
        async with process.database.read() as session:
            return await expert_knowledge(session, UUID(api.project), mode, [UUID(one) for one in ids])

    everything = await knowledge("none")
    assert "September" in everything
    assert "Compare. Then: Read if a part is missing; EXIT." in everything
    assert "Another" in everything
    assert "Review a contract" not in await knowledge("do_not_use_workflow")
    selected = await knowledge("select_workflows", chosen)
    assert ("Review a contract" in selected, "Another" in selected) == (True, False)


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("brief", {"action": "set"}, "content"),
        ("brief", {"action": "patch", "changes": []}, "changes"),
        ("brief", {"action": "patch", "changes": [{"new_text": "x"}]}, "old_text"),
        ("brief", {"action": "set", "content": "a\0b"}, "content"),
        ("playbook", {"action": "get"}, "playbook_name"),
        (
            "playbook",
            {"action": "set", "playbook": {"name": "P", "steps": [{"name": "A", "next_steps": ["B"]}]}},
            "leads to",
        ),
        ("playbook", {"action": "set", "playbook": {"name": "P", "steps": [{"name": "EXIT"}]}}, "EXIT"),
        ("playbook", {"action": "patch", "playbook_name": "P", "changes": [{"op": "explode"}]}, "op"),
        (
            "mental-map",
            {"action": "set", "content": {"domains": [{"label": "A"}, {"label": "a"}]}},
            "names must differ",
        ),
        ("design-template", {"action": "upsert", "template": {"name": "T", "output_format": "exe"}}, "docx"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, kind: str, body: dict[str, Any], told: str) -> None:
    assert told in await refused(api, kind, **body)
