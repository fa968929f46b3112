"""Local documents over HTTP: who sees them, who may change them, and that nobody else notices."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from crf_api_client.client import CRFAPIClient
from sqlalchemy import delete, func, select

from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.local_to import MAX_DOCUMENTS
from citewell.documents.readable import ReadableDocuments
from citewell.documents.removal import remove_local_documents
from citewell.kit.ids import new_id
from citewell.models import Chunk, Conversation, Document, StagedPassage
from citewell.models.passage import Passage
from citewell.process import Process
from tests.conftest import Api, client_of, grant
from tests.documents.test_upload import upload
from tests.extractors.test_extractors import ended
from tests.sse import ask, final_answer, new_conversation
from tests.waiting import until

NOTE = b"# Visit\n\nThe delegation from Tromso arrives on the ninth of March and stays at the Polar Lodge.\n"
QUESTION = "Where does the delegation from Tromso stay?"


def talk_path(conversation: str) -> str:
    return f"/playground-conversations/{conversation}/local-documents/"


async def put(api: Api, path: str, files: dict[str, bytes], **data: str) -> list[dict[str, Any]]:
    parts = [("files", (name, content)) for name, content in files.items()]
    answer = await api.post(f"{path}bulk-upload/", files=parts, data=data)
    assert answer.status_code == 201, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


async def until_active(api: Api, path: str) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await api.get(path)).json()["results"]
        return rows

    ended = ("active", "failed")
    return await until(look, lambda rows: rows and all(row["indexing_status"] in ended for row in rows))


async def agent_of(api: Api) -> str:
    return str((await api.get("/agent-settings/")).json()["results"][0]["id"])


@pytest.fixture
async def talk(api: Api) -> str:
    """A conversation with a note, in a project with a document of its own."""
    conversation = await new_conversation(api)
    await upload(api, {"own.md": b"# Trains\n\nEmployees travel by train."})
    await put(api, talk_path(conversation), {"visit.md": NOTE})
    await until_active(api, talk_path(conversation))
    return conversation


@pytest.fixture
async def viewer(process: Process, server: str, api: Api) -> AsyncIterator[Api]:
    async with client_of(process, server, f"{new_id().hex}@example.org") as other:
        other.project = api.project
        await grant(process, api, other.token, ["CAN_VIEW_DATA"])
        yield other


async def answered_from(api: Api, conversation: str) -> str:
    message = final_answer(await ask(api, QUESTION, conversation))
    return str(message["content"])


async def test_only_its_conversation_retrieves_it(api: Api, talk: str) -> None:
    said = await answered_from(api, talk)
    assert "Polar Lodge" in said
    assert "Polar Lodge" not in await answered_from(api, await new_conversation(api))
    for kind in ("naive", "full-text-search", "hybrid-search"):
        rows = await api.post(f"/retrieve-with-{kind}/", json={"query": QUESTION})
        assert "visit.md" not in [row["name"] for row in rows.json()["retrieval_results"]]


async def test_the_project_does_not_know_it(api: Api, talk: str) -> None:
    [note] = (await api.get(talk_path(talk))).json()["results"]
    lists = ("/documents/", "/documents/get-without-file/")
    for path in lists:
        assert [row["name"] for row in (await api.get(path)).json()["results"]] == ["own.md"]
    assert [row["document_name"] for row in (await api.get("/documents/indexing-status/")).json()] == ["own.md"]
    some = await api.get("/documents/indexing-status/", params={"document_ids": note["id"]})
    assert some.json() == []
    for path in ("", "file/", "diagnosis/"):
        assert (await api.get(f"/documents/{note['id']}/{path}")).status_code == 404, path
    assert (await api.delete(f"/documents/{note['id']}/")).status_code == 404
    assert (await api.post(f"/documents/{note['id']}/retry/")).status_code == 404
    moved = await api.post("/document-collections/default/move-documents/", json={"document_ids": [note["id"]]})
    assert moved.status_code == 400
    assert (await api.post("/documents/confirm-upload/", json={"document_id": note["id"]})).status_code == 404
    [default] = (await api.get("/document-collections/")).json()["results"]
    assert default["document_count"] == 1
    runs = (await api.get("/pipeline-runs/")).json()["results"]
    assert [run["document_count"] for run in runs] == [1]
    chosen = {"query": QUESTION, "selected_documents": [note["id"]]}
    rows = await api.post("/retrieve-with-hybrid-search/", json=chosen)
    assert rows.json()["retrieval_results"] == []
    usage = (await api.get("/usage/")).json()
    assert usage["total_documents_count"] == 1


async def test_the_graph_does_not_name_it(api: Api, talk: str) -> None:
    run = await api.post("/run-sync-to-graph-steps/", json={})
    assert (await ended(api, run.json()["pipeline_run_id"]))["status"] == "completed"
    query = {"cypher_query": "MATCH (d:Document) RETURN d.name AS name"}
    assert (await api.post("/run-neo4j-query/", json=query)).json() == [{"name": "own.md"}]


async def test_no_tool_of_another_conversation_reads_it(api: Api, process: Process, talk: str) -> None:
    [note] = (await api.get(talk_path(talk))).json()["results"]
    async with process.database.read() as session:
        query = select(Chunk.id).where(Chunk.project_id == UUID(api.project), Chunk.document_id == UUID(note["id"]))
        chunk = (await session.scalars(query)).one()

    def knowledge_of(*local_to: UUID) -> ProjectKnowledge:
        documents = ReadableDocuments(UUID(api.project), local_to=local_to)
        return ProjectKnowledge(process.database, process.retriever, documents, "")

    for knowledge in (knowledge_of(), knowledge_of(uuid4())):
        assert await knowledge.chunk(chunk) is None
        assert await knowledge.outline(UUID(note["id"]), 0, 10) is None
        assert await knowledge.search(QUESTION, 5, [UUID(note["id"])]) == []
    mine = knowledge_of(UUID(talk))
    assert await mine.chunk(chunk) is not None
    assert await mine.outline(UUID(note["id"]), 0, 10) is not None


async def test_the_documents_of_an_agent_are_for_all_its_conversations(api: Api, viewer: Api) -> None:
    path = f"/agent-settings/{await agent_of(api)}/local-documents/"
    [made] = await put(api, path, {"visit.md": NOTE})
    assert (made["type"], made["agent_settings"], made["conversation"]) == ("agent_settings", await agent_of(api), None)
    await until_active(api, path)
    for reader in (api, viewer):
        assert "Polar Lodge" in await answered_from(reader, await new_conversation(reader))
    assert [row["name"] for row in (await viewer.get(path)).json()["results"]] == ["visit.md"]
    assert (await viewer.http.get(made["file"])).content == NOTE
    assert (await viewer.post(f"{path}bulk-upload/", files=[("files", ("x.md", b"# X"))])).status_code == 403
    assert (await viewer.delete(f"{path}{made['id']}/")).status_code == 403
    assert (await api.delete(f"{path}{made['id']}/")).status_code == 204
    assert (await api.get(path)).json()["count"] == 0
    assert "Polar Lodge" not in await answered_from(api, await new_conversation(api))


async def test_the_documents_of_a_conversation_are_its_readers(api: Api, viewer: Api, talk: str) -> None:
    path = talk_path(talk)
    [note] = (await api.get(path)).json()["results"]
    for private in (path, f"{path}{note['id']}/file/"):
        assert (await viewer.get(private)).status_code == 404
    assert (await viewer.get("/local-documents/")).json()["count"] == 0
    assert [row["conversation"] for row in (await api.get("/local-documents/")).json()["results"]] == [talk]
    own = await new_conversation(viewer)
    await put(viewer, talk_path(own), {"mine.md": b"# Mine"})
    assert [row["name"] for row in (await viewer.get("/local-documents/")).json()["results"]] == ["mine.md"]
    assert (await api.get("/local-documents/")).json()["count"] == 2
    wrong = await viewer.get(f"{talk_path(own)}{note['id']}/file/")
    assert wrong.status_code == 404
    assert (await viewer.delete(f"{talk_path(own)}{note['id']}/")).status_code == 404


async def test_a_shared_conversation_is_read_and_not_changed(
    api: Api, viewer: Api, process: Process, talk: str
) -> None:
    async with process.database.write() as session:
        (await session.get_one(Conversation, (UUID(api.project), UUID(talk)))).is_shared = True
    [note] = (await viewer.get(talk_path(talk))).json()["results"]
    assert (await viewer.http.get(note["file"])).content == NOTE
    answer = await viewer.post(f"{talk_path(talk)}bulk-upload/", files=[("files", ("x.md", b"# X"))])
    assert answer.status_code == 403
    assert (await viewer.delete(f"{talk_path(talk)}{note['id']}/")).status_code == 403


async def test_a_citation_opens_for_the_readers_of_the_conversation(api: Api, viewer: Api, talk: str) -> None:
    said = await answered_from(api, talk)
    [address] = set(re.findall(r"http://[^?)\s\"]+/reference/[0-9a-f-]{36}", said))
    assert "Polar Lodge" in (await api.http.get(address)).text
    answer = await viewer.http.get(address)
    assert answer.status_code == 404
    assert "Polar Lodge" not in answer.text
    assert (await viewer.http.get(f"{address}/file")).status_code == 404
    await api.delete(f"/playground-conversations/{talk}/")
    assert "Polar Lodge" in (await api.http.get(address)).text


async def test_an_archived_conversation_takes_no_documents(api: Api, talk: str) -> None:
    await api.delete(f"/playground-conversations/{talk}/")
    answer = await api.post(f"{talk_path(talk)}bulk-upload/", files=[("files", ("x.md", b"# X"))])
    assert answer.status_code == 404
    assert (await api.get(talk_path(talk))).json()["count"] == 1


async def test_the_same_file_again(api: Api) -> None:
    first, second = await new_conversation(api), await new_conversation(api)
    [made] = await put(api, talk_path(first), {"visit.md": NOTE}, skip_processing="true")
    assert made["indexing_status"] == "created"
    [again] = await put(api, talk_path(first), {"visit.md": NOTE})
    assert again["id"] == made["id"]
    [row] = await until_active(api, talk_path(first))
    assert row["indexing_status"] == "active"
    [other] = await put(api, talk_path(second), {"visit.md": NOTE})
    [own] = await upload(api, {"visit.md": NOTE})
    assert len({made["id"], other["id"], own["id"]}) == 3


async def test_a_bad_file_says_why(api: Api) -> None:
    path = talk_path(await new_conversation(api))
    await put(api, path, {"broken.pdf": b"%PDF-1.7\nno"})
    [row] = await until_active(api, path)
    assert row["indexing_status"] == "failed"
    assert row["error"]["code"]


async def test_an_answer_says_which_attachment_was_not_read(api: Api, talk: str) -> None:
    assert "Not read" not in final_answer(await ask(api, QUESTION, talk))["content"]
    await put(api, talk_path(talk), {"order.pdf": b"%PDF-1.4 this is no PDF"})
    await until_active(api, talk_path(talk))
    answer = final_answer(await ask(api, QUESTION, talk))["content"]
    assert "Polar Lodge" in answer
    assert answer.endswith("*Not read, because processing failed: `order.pdf`. The list of attachments says why.*")


async def test_uploads_for_what_the_form_names(api: Api) -> None:
    conversation, agent = await new_conversation(api), await agent_of(api)
    by_form = {"conversation": conversation, "agent_settings": agent}
    for kind, scope in by_form.items():
        [row] = await put(api, "/local-documents/", {"x.md": b"# X"}, type=kind, **{kind: scope})
        assert (row["type"], row[kind]) == (kind, scope)
    files = [("files", ("x.md", b"# X"))]
    for data, field in (({}, "type"), ({"type": "project"}, "type"), ({"type": "conversation"}, "conversation")):
        answer = await api.post("/local-documents/bulk-upload/", files=files, data=data)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]
    missing = {"type": "conversation", "conversation": str(uuid4())}
    assert (await api.post("/local-documents/bulk-upload/", files=files, data=missing)).status_code == 404


async def test_there_is_a_limit(api: Api, process: Process) -> None:
    conversation = await new_conversation(api)
    async with process.database.write() as session:
        for number in range(MAX_DOCUMENTS):
            row = Document(project_id=UUID(api.project), id=new_id(), name=f"{number}.md", content_type="", file_key="")
            row.file_size, row.local_to, row.local_kind = 0, UUID(conversation), "conversation"
            session.add(row)
    answer = await api.post(f"{talk_path(conversation)}bulk-upload/", files=[("files", ("x.md", b"# X"))])
    assert answer.status_code == 400
    assert str(MAX_DOCUMENTS) in answer.json()["error"]
    folder = process.settings.files_dir / api.project
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_conversation_that_is_deleted_takes_its_documents_along(api: Api, process: Process, talk: str) -> None:
    project, [note] = UUID(api.project), (await api.get(talk_path(talk))).json()["results"]
    [other] = await put(api, talk_path(await new_conversation(api)), {"other.md": b"# Another conversation's"})
    async with process.database.write() as session:
        mine = (Conversation.project_id == project) & (Conversation.id == UUID(talk))
        await session.execute(delete(Conversation).where(mine))
        await remove_local_documents(process, session, project, UUID(talk))
    async with asyncio.timeout(120):
        while True:
            async with process.database.read() as session:
                row = await session.get_one(Document, (project, UUID(note["id"])))
            if row.status == "deleted":
                break
            await asyncio.sleep(0.05)
    async with process.database.read() as session:
        for table in (Passage, StagedPassage, Chunk):
            of_note = (table.project_id == project) & (table.document_id == UUID(note["id"]))
            assert await session.scalar(select(func.count()).select_from(table).where(of_note)) == 0
        assert (await session.get_one(Document, (project, UUID(other["id"])))).status == "active"
    folder = process.settings.files_dir / api.project / note["id"]
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_the_reference_client_uploads_local_documents(api: Api, tmp_path: Path) -> None:
    conversation, agent = await new_conversation(api), await agent_of(api)
    (tmp_path / "visit.md").write_bytes(NOTE)
    await asyncio.to_thread(_by_client, api, conversation, agent, str(tmp_path / "visit.md"))


def _by_client(api: Api, conversation: str, agent: str, path: str) -> None:
    client = CRFAPIClient(api.server, api.token)
    [warehouse] = [found for found in client.list_warehouses() if found.id == api.project]
    talking = warehouse.get_playground_agent(agent)
    [mine] = talking.upload_local_documents_to_conversation(conversation, [path])
    [shared] = warehouse.upload_local_documents_to_agent_settings(agent, [path])
    warehouse.upload_local_documents_bulk([path], "agent_settings", agent_settings_id=agent, skip_processing=True)
    assert [row["id"] for row in talking.list_local_documents_for_conversation(conversation)] == [mine["id"]]
    assert [row["id"] for row in warehouse.list_local_documents_for_agent_settings(agent)] == [shared["id"]]
    kinds = {row["id"]: row["type"] for row in warehouse.list_local_documents()}
    assert kinds == {mine["id"]: "conversation", shared["id"]: "agent_settings"}
    talking.delete_local_document_from_conversation(conversation, mine["id"])
    warehouse.delete_local_document_from_agent_settings(agent, shared["id"])
    assert warehouse.list_local_documents() == []
