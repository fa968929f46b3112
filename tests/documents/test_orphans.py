"""Files that no row names go after a day; documents whose file is gone are told to people."""

import os
import time
from datetime import timedelta
from uuid import UUID

from citewell.documents.orphans import check_files, remove_orphans
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import Document, TempDataset
from citewell.process import Process
from tests.conftest import Api, until_ended


async def test_orphans_in_both_directions(process: Process, api: Api) -> None:
    names = ("kept.md", "lost.md")
    files = [("files", (name, f"# {name}".encode())) for name in names]
    kept, lost = [row["id"] for row in (await api.post("/documents/bulk-upload/", files=files)).json()]
    await until_ended(api, [kept, lost])
    root = process.settings.files_dir / api.project
    orphan, young = root / str(new_id()) / "original", root / str(new_id()) / "original"
    figure = root / kept / "figures" / "0123456789abcdef" / "1.png"
    step = root / str(new_id()) / "version" / "parsed"  # what a step made of a document that is gone
    for path in (orphan, young, figure, step):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"cut off by a kill")
    yesterday = time.time() - 90_000
    for path in (orphan, step, *(root / kept).rglob("*")):
        os.utime(path, (yesterday, yesterday))
    unfinished = [orphan.with_name("original#1"), young.with_name("original#1")]
    for path in unfinished:
        path.write_bytes(b"as much as had come when the server was killed")
    os.utime(unfinished[0], (yesterday, yesterday))
    (root / lost / "original").unlink()

    without = Document(
        project_id=UUID(api.project), id=new_id(), name="Of a data set", content_type="", file_key="", file_size=0
    )
    async with process.database.write() as session:
        session.add(without)

    found = await check_files(process.database, process.files)
    assert f"{api.project}/{orphan.parent.name}/original" in found.unnamed
    assert (UUID(api.project), UUID(lost), "lost.md") in found.missing
    assert without.id not in [document_id for _, document_id, _ in found.missing]
    assert [key for key in found.unnamed if kept in key] == [f"{api.project}/{figure.relative_to(root)}"]
    assert not [key for key in found.unnamed if young.parent.name in key]
    assert [key for key in found.unfinished if api.project in key] == [
        f"{api.project}/{unfinished[0].relative_to(root)}"
    ]

    await remove_orphans(process)
    assert not orphan.exists()
    assert not figure.exists()
    assert not step.exists()
    assert [path.exists() for path in unfinished] == [False, True]
    assert young.exists()
    assert (root / kept / "original").exists()
    rows = {row["id"]: row["status"] for row in (await api.get("/documents/")).json()["results"]}
    assert (rows[kept], rows[lost]) == ("active", "failed")
    status = (await until_ended(api, [lost]))[lost]
    assert "missing" in status["error"]["message"]


async def test_files_of_other_rows_are_checked_in_both_directions(process: Process, api: Api) -> None:
    [document] = (await api.post("/documents/bulk-upload/", files=[("files", ("kept.md", b"# Kept"))])).json()
    await until_ended(api, [document["id"]])
    replaced = f"/documents/{document['id']}/versions/"
    assert (await api.post(replaced, files={"file": ("kept.md", b"# Kept, again")})).status_code < 300
    await until_ended(api, [document["id"]])
    template = {"name": "Offer", "when_to_use": "For offers.", "output_format": "docx"}
    made = await api.post("/artifact-edits/design-template/", json={"action": "upsert", "template": template})
    files: list[str] = []
    for name in ("letter.docx", "lost.docx"):
        data = {"template_id": made.json()["content"]["id"]}
        sent = await api.post("/design-template-files/", data=data, files={"file": (name, b"PK-letterhead")})
        files.append(sent.json()["id"])
    root = process.settings.files_dir / api.project
    project = UUID(api.project)
    dataset = TempDataset(project_id=project, id=new_id(), name="rows", content_type="application/json", status="ready")
    dataset.file_key, dataset.expires_at = f"{api.project}/datasets/{dataset.id}", now() + timedelta(days=7)
    waiting = TempDataset(project_id=project, id=new_id(), name="rows", content_type="application/json")
    waiting.file_key, waiting.expires_at = f"{api.project}/datasets/{waiting.id}", now() + timedelta(days=7)
    async with process.database.write() as session:
        session.add_all([dataset, waiting])
    orphans = [
        root / "design-templates" / str(new_id()),
        root / "datasets" / str(new_id()),
        root / document["id"] / "computed.pdf",
        root / document["id"] / str(new_id()) / "parsed.msgpack",
    ]
    for path in orphans:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"cut off by a kill")
    yesterday = time.time() - 90_000
    for path in root.rglob("*"):
        os.utime(path, (yesterday, yesterday))
    (root / "design-templates" / files[1]).unlink()
    (root / document["id"] / "original").unlink()  # of the first version: the second has a file of its own

    found = await check_files(process.database, process.files)
    assert {key for key in found.unnamed if api.project in key} == {
        str(path.relative_to(process.settings.files_dir)) for path in orphans
    }
    lost = [(identity, what) for owner, identity, what in found.lost if owner == project]
    assert (UUID(files[1]), "design template file") in lost
    assert (dataset.id, "dataset") in lost
    assert sorted(what for _, what in lost) == ["dataset", "design template file", "version"]
    assert not [name for owner, _, name in found.missing if owner == project]

    await remove_orphans(process)
    assert not [path for path in orphans if path.exists()]
    assert (root / "design-templates" / files[0]).exists()
