"""`citewell ingest` with folders, as its functions work on a running process."""

from pathlib import Path
from uuid import UUID

from citewell.cli.ingest import _add, _remove
from citewell.cli.watching import without_files
from citewell.models import Document
from citewell.process import Process
from citewell.users.service import ensure_user
from tests.conftest import Api


async def test_a_changed_file_replaces_its_document(api: Api, process: Process, tmp_path: Path) -> None:
    """The same name in another folder is another document; a file that is gone takes its document along."""
    here, there = tmp_path / "here/prices.md", tmp_path / "there/prices.md"
    for path, price in ((here, "four"), (there, "five")):
        path.parent.mkdir()
        path.write_text(f"# Prices\n\nRye costs {price} crowns a sack.\n")
    project_id = UUID(api.project)
    async with process.database.write() as session:
        owner = (await ensure_user(session, "owner@example.org")).id
    rows = await _add(process, project_id, owner, [here, there], "replace")
    assert {version.number for _, version in rows} == {1}
    here.write_text("# Prices\n\nRye costs nine crowns a sack.\n")
    again = await _add(process, project_id, owner, [here, there], "replace")
    assert {document.id for document, _ in again} == {document.id for document, _ in rows}
    assert sorted(version.number for _, version in again) == [1, 2]
    there.unlink()
    async with process.database.read() as session:
        lost = await without_files(session, project_id, [tmp_path], lambda file: file.suffix == ".md")
    assert lost == [there]
    assert await _remove(process, project_id, there)
    assert not await _remove(process, project_id, there)
    async with process.database.read() as session:
        states = [(await session.get_one(Document, (project_id, row.id))).status for row, _ in rows]
    assert sorted(state != "active" for state in states) == [False, True]
