"""Uploads over HTTP: what is accepted, what becomes of it, and how it goes."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from citewell.documents import routes
from citewell.kit.ids import new_id
from tests.conftest import Api, until_ended
from tests.samples import HANDBOOK, SAMPLES
from tests.sse import new_conversation


async def upload(api: Api, files: dict[str, bytes], **data: str) -> list[dict[str, Any]]:
    parts = [("files", (name, content)) for name, content in files.items()]
    answer = await api.post("/documents/bulk-upload/", files=parts, data=data)
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_the_states_of_many_documents_come_in_pages(api: Api) -> None:
    """Without asking for one page all come, up to ten thousand."""
    names = [f"{number}.md" for number in range(3)]
    for name in names:
        await upload(api, {name: name.encode()}, skip_parsing="true")

    async def names_of(**params: int) -> list[str]:
        answer = await api.get("/documents/indexing-status/", params=params)
        assert answer.status_code == 200, answer.text
        return [row["document_name"] for row in answer.json()]

    assert await names_of() == names
    assert await names_of(limit=2) == names[1:]
    assert await names_of(limit=2, offset=2) == names[:1]
    assert (await api.get("/documents/indexing-status/", params={"limit": 10_001})).status_code == 400


async def test_the_way_of_a_document(api: Api) -> None:
    [document] = await upload(api, {"handbook.md": HANDBOOK})
    assert document["name"] == "handbook.md"
    assert document["file_size"] == len(HANDBOOK)
    statuses = await until_ended(api, [document["id"]])
    assert statuses[document["id"]]["status"] == "active"
    [run] = (await api.get("/pipeline-runs/")).json()["results"]
    assert run["status"] == "completed"
    assert run["document_count"] == 1
    assert run["chunk_count"] >= 1
    assert [(step["step"], step["status"]) for step in run["steps"]] == [
        ("parse", "completed"),
        ("chunk", "completed"),
        ("embed", "completed"),
        ("publish", "completed"),
    ]
    whole = (await api.get(f"/pipeline-runs/{run['id']}/")).json()
    assert whole["document_ids"] == [document["id"]]
    assert "handbook.md: active" in whole["raw_logs"]
    file = await api.http.get(document["file"])
    assert file.content == HANDBOOK
    assert file.headers["content-disposition"].startswith("attachment")


async def test_one_bad_file_in_ten_fails_alone(api: Api) -> None:
    good = {f"note-{number}.md": b"# Note\n\nNote number %d is about trains." % number for number in range(9)}
    documents = await upload(api, good | {"broken.pdf": b"%PDF-1.7\nthis is not a PDF"})
    statuses = await until_ended(api, [document["id"] for document in documents])
    by_name = {row["document_name"]: row for row in statuses.values()}
    assert [name for name, row in by_name.items() if row["status"] != "active"] == ["broken.pdf"]
    error = by_name["broken.pdf"]["error"]
    assert error["code"]
    assert len(error["message"]) > 10
    [run] = (await api.get("/pipeline-runs/")).json()["results"]
    assert run["status"] == "completed"  # clients of the platform wait for this or for "failed"
    assert [step["status"] for step in run["steps"]] == ["completed_with_warnings", *["completed"] * 3]
    assert error["message"] in run["steps"][0]["warnings"][0]
    whole = (await api.get(f"/pipeline-runs/{run['id']}/")).json()
    [failed] = whole["failed_documents"]
    assert (failed["document_name"], failed["step"], failed["code"]) == ("broken.pdf", "parse", error["code"])
    assert failed["message"] == error["message"]
    assert f"broken.pdf: failed ({error['code']})" in run["raw_logs"]


async def test_an_upload_of_nothing_but_bad_files_fails(api: Api) -> None:
    [document] = await upload(api, {"empty.txt": b""})
    statuses = await until_ended(api, [document["id"]])
    assert statuses[document["id"]]["status"] == "failed"
    assert statuses[document["id"]]["error"]["code"] == "empty_file"
    [run] = (await api.get("/pipeline-runs/", params={"status": "failed"})).json()["results"]
    assert run["status"] == "failed"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("zero.pdf", b"", "empty_file"),
        ("program.exe", b"MZ\x90\x00\x03" + bytes(200), "unknown_type"),
        ("report.pdf", b"PK\x03\x04" + bytes(100), "content_mismatch"),
        ("note.txt", b"\x00\x01\x02\x03\x04\x05" * 50, "unknown_type"),
    ],
)
async def test_files_that_cannot_be_read_say_why(api: Api, name: str, content: bytes, code: str) -> None:
    [document] = await upload(api, {name: content})
    row = (await until_ended(api, [document["id"]]))[document["id"]]
    assert row["status"] == "failed"
    assert row["error"]["code"] == code, row["error"]


async def test_metadata_is_kept_and_a_wrong_length_ignored(api: Api) -> None:
    files = dict(list(SAMPLES.items())[:2])
    metadata = json.dumps([[["year", "2026"], ["year", "2025"]], {"kind": "prices"}])
    first, second = await upload(api, files, files_metadata=metadata, skip_parsing="true")
    assert first["metadata"] == [["year", "2026"], ["year", "2025"]]
    assert second["metadata"] == [["kind", "prices"]]
    [alone] = await upload(api, {"x.md": b"# X"}, files_metadata=metadata, skip_parsing="true")
    assert alone["metadata"] == []


async def test_skip_parsing_leaves_a_document_as_created(api: Api) -> None:
    [document] = await upload(api, {"x.md": b"# X"}, skip_parsing="true")
    [row] = (await api.get("/documents/indexing-status/")).json()
    assert (row["document_id"], row["status"]) == (document["id"], "created")
    assert (await api.get("/pipeline-runs/")).json()["count"] == 0


async def test_lists_are_pages_with_links(api: Api) -> None:
    await upload(api, {f"{number}.md": b"# X" for number in range(5)}, skip_parsing="true")
    seen: list[str] = []
    answer = await api.get("/documents/get-without-file/", params={"limit": 2})
    while True:
        page = answer.json()
        assert page["count"] == 5
        seen += [row["name"] for row in page["results"]]
        if page["next"] is None:
            break
        answer = await api.http.get(page["next"])
    assert sorted(seen) == [f"{number}.md" for number in range(5)]
    assert page["previous"] is not None


async def test_a_deleted_document_is_gone_at_once_and_ends_deleted(api: Api) -> None:
    documents = await upload(api, {"handbook.md": HANDBOOK, "other.md": b"# Other\n\nNothing about rooms."})
    await until_ended(api, [document["id"] for document in documents])
    gone = documents[0]["id"]
    assert (await api.delete(f"/documents/{gone}/")).status_code == 204
    assert [row["name"] for row in (await api.get("/documents/")).json()["results"]] == ["other.md"]
    assert (await api.delete(f"/documents/{gone}/")).status_code == 404
    assert (await api.http.get(documents[0]["file"])).status_code == 404
    assert (await until_ended(api, [gone]))[gone]["status"] == "deleted"


async def test_a_deleted_documents_files_are_removed(api: Api, process: Any) -> None:
    [document] = await upload(api, {"handbook.md": HANDBOOK})
    await until_ended(api, [document["id"]])
    folder: Path = process.settings.files_dir / api.project / document["id"]
    assert any(folder.rglob("*"))
    await api.delete(f"/documents/{document['id']}/")
    await until_ended(api, [document["id"]])
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_names_are_cleaned(api: Api) -> None:
    [document] = await upload(api, {"../../etc/passwd.md": b"# X"}, skip_parsing="true")
    assert document["name"] == "passwd.md"


@pytest.mark.parametrize("name", [".", "..", "a/..", "..."])
async def test_a_name_of_dots_is_replaced(api: Api, name: str) -> None:
    """In the address of the file it would name a folder, and clients would ask for another address."""
    [document] = await upload(api, {name: b"# X"}, skip_parsing="true")
    assert document["name"] == "unnamed"
    assert (await api.http.get(document["file"])).content == b"# X"


@pytest.mark.parametrize("path", ["documents", "local-documents"])
async def test_a_flag_that_is_none_is_refused(api: Api, path: str) -> None:
    conversation = await new_conversation(api)
    flag = "skip_parsing" if path == "documents" else "skip_processing"
    fields = {} if path == "documents" else {"type": "conversation", "conversation": conversation}
    for word, status in (("banana", 400), ("True", 201), ("", 201)):
        files = [("files", ("a.md", b"# A"))]
        answer = await api.post(f"/{path}/bulk-upload/", files=files, data={flag: word, **fields})
        assert answer.status_code == status, answer.text
        if status == 400:
            assert answer.json() == {flag: ["Must be true or false."]}


async def test_metadata_may_come_as_a_file(api: Api) -> None:
    """`curl -F files_metadata=@metadata.json` sends it so."""
    files = [("files", ("a.md", b"# A")), ("files_metadata", ("metadata.json", b'[{"year": ["2023", "2024"]}]'))]
    answer = await api.post("/documents/bulk-upload/", files=files, data={"skip_parsing": "true"})
    assert answer.json()[0]["metadata"] == [["year", "2023"], ["year", "2024"]]


async def test_uploads_that_are_none(api: Api) -> None:
    answer = await api.post("/documents/bulk-upload/", json={"files": []})
    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json()["error"]
    answer = await api.post("/documents/bulk-upload/", files=[("other", ("x.md", b"# X"))])
    assert answer.status_code == 400
    assert "files" in answer.json()["other"][0]


@pytest.mark.parametrize("ids", ["abc", f"{UUID(int=1)},x"])
async def test_indexing_status_of_ids_that_are_none(api: Api, ids: str) -> None:
    answer = await api.get("/documents/indexing-status/", params={"document_ids": ids})
    assert answer.status_code == 400
    assert "UUID" in answer.json()["document_ids"][0]


async def test_the_status_of_many_documents_is_read_in_batches(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """One list, however many batches; 10,000 documents in one held the event loop for a second."""
    files = [("files", (f"{number}.md", b"# One")) for number in range(5)]
    made = [item["id"] for item in (await api.post("/documents/bulk-upload/", files=files)).json()]
    await until_ended(api, made)
    await api.delete(f"/documents/{made[1]}/")
    whole = (await api.get("/documents/indexing-status/")).json()
    assert [row["document_id"] for row in whole] == sorted(made)
    monkeypatch.setattr(routes, "_STATUSES_AT_ONCE", 2)
    assert (await api.get("/documents/indexing-status/")).json() == whole
    some = {"document_ids": f"{made[3]},{new_id()},{made[0]},{made[3]}"}
    named = (await api.get("/documents/indexing-status/", params=some)).json()
    assert [row["document_id"] for row in named] == sorted([made[0], made[3]])
    assert (await api.get("/documents/indexing-status/", params={"document_ids": str(new_id())})).json() == []
