"""Files that no row names go after a day; documents whose file is gone are told to people."""

import os
import time
from uuid import UUID

from citewell.documents.orphans import check_files, remove_orphans
from citewell.kit.ids import new_id
from citewell.models import Document
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

    await remove_orphans(process)
    assert not orphan.exists()
    assert not figure.exists()
    assert not step.exists()
    assert young.exists()
    assert (root / kept / "original").exists()
    rows = {row["id"]: row["status"] for row in (await api.get("/documents/")).json()["results"]}
    assert (rows[kept], rows[lost]) == ("active", "failed")
    status = (await until_ended(api, [lost]))[lost]
    assert "missing" in status["error"]["message"]
