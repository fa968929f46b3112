"""A project as one file: it comes back under its ids, and an archive that lies is refused."""

import asyncio
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

import citewell.models  # noqa: F401 - all tables
from citewell.errors import Conflict, SetupError
from citewell.kit.ids import new_id
from citewell.models.base import Base
from citewell.process import Process, open_process
from citewell.transfer import importing
from citewell.transfer.importing import import_project
from citewell.transfer.reading import ProjectFile
from citewell.transfer.repository.tables import LEFT_OUT, TAKEN
from citewell.transfer.writing import write_project
from citewell.users.service import ensure_user
from tests.conftest import Api, make_settings
from tests.sse import ask, final_answer

GIB = 2**30


def test_each_table_of_a_project_is_taken_or_left_out_on_purpose() -> None:
    tenants = {table.name for table in Base.metadata.tables.values() if "project_id" in table.columns}
    assert tenants - TAKEN - LEFT_OUT == set()
    assert not TAKEN & LEFT_OUT


async def rows_of(process: Process, project: str) -> dict[str, int]:
    counts = {}
    async with process.database.read() as session:
        for name in sorted(TAKEN):
            column = "id" if name == "projects" else "project_id"
            query = text(f"SELECT count(*) FROM {name} WHERE {column} = :project")
            counts[name] = await session.scalar(query, {"project": UUID(project)})
    return counts


async def test_a_project_moves_with_its_answers(
    handbook: Api, process: Process, clone: Callable[[], str], tmp_path: Path
) -> None:
    citation = final_answer(await ask(handbook, "How much may a hotel room cost in Oslo?"))["citations"][0]
    archive = tmp_path / "handbook.citewell"
    about = await write_project(process, UUID(handbook.project), archive)
    assert about.files
    settings = make_settings(clone(), tmp_path / "elsewhere")
    async with open_process(settings, embed=False) as other:
        async with other.database.write() as session:
            owner = await ensure_user(session, "new@example.org")
        await import_project(other, ProjectFile(archive, GIB), owner.id)
        assert await rows_of(other, handbook.project) == await rows_of(process, handbook.project)
        async with other.database.read() as session:
            found = await session.execute(
                text("SELECT content FROM chunks WHERE id = :id"), {"id": UUID(citation["chunk_id"])}
            )
            kept = await session.execute(text("SELECT created_by FROM conversations LIMIT 1"))
        assert "210 EUR" in found.scalar_one(), "the citation of the old answer opens"
        assert kept.scalar_one() == owner.id, "who is unknown here is stood for by the owner"
        async for batch in process.files.list(handbook.project):
            for item in batch:
                assert await other.files.get(item.key) == await process.files.get(item.key)
        with pytest.raises(Conflict, match="is here already"):
            await import_project(other, ProjectFile(archive, GIB), owner.id)


async def test_the_documents_of_interviews_are_left_out_like_interviews(
    process: Process, api: Api, tmp_path: Path
) -> None:
    me = (await api.http.get("/api/v1/users/me/")).json()["id"]
    [made] = (await api.post("/interviews/assign/", json={"assignee_ids": [me], "topic": "Boilers"})).json()
    files = [("files", ("manual.md", b"# Boiler\n", "text/markdown"))]
    path = f"/interviews/{made['id']}/local-documents/bulk-upload/"
    assert (await api.post(path, files=files, data={"skip_processing": "true"})).status_code == 201
    about = await write_project(process, UUID(api.project), tmp_path / "interviewed.citewell")
    assert (about.files, about.rows["documents"], about.rows["document_versions"]) == (0, 0, 0)


async def test_an_import_leaves_the_files_of_another_import_alone(
    handbook: Api, process: Process, clone: Callable[[], str], tmp_path: Path
) -> None:
    archive = tmp_path / "handbook.citewell"
    about = await write_project(process, UUID(handbook.project), archive)
    async with open_process(make_settings(clone(), tmp_path / "elsewhere"), embed=False) as other:
        async with other.database.write() as session:
            owner = await ensure_user(session, "new@example.org")
        imports = [import_project(other, ProjectFile(archive, GIB), owner.id) for _ in range(2)]
        ended = await asyncio.gather(*imports, return_exceptions=True)
        assert sorted(type(one) for one in ended if one is not None) == [Conflict]
        kept = [item.key async for batch in other.files.list(handbook.project) for item in batch]
        assert len(kept) == about.files > 0


async def test_the_files_of_a_failed_import_stay_while_another_import_is_under_way(process: Process) -> None:
    project = new_id()

    async def kept() -> list[str]:
        return [item.key async for batch in process.files.list(str(project)) for item in batch]

    await process.files.put(f"{project}/a/b/original", b"words")
    async with process.database.write() as session:
        await importing._begin(await session.connection(), project)
        await importing._remove_files(process, project)
        assert await kept(), "they may be the other import's"
    await importing._remove_files(process, project)
    assert not await kept()


@pytest.fixture
async def small(api: Api, process: Process, tmp_path: Path) -> Path:
    """The file of an empty project."""
    archive = tmp_path / "small.citewell"
    await write_project(process, UUID(api.project), archive)
    return archive


def changed(archive: Path, changes: dict[str, Callable[[bytes], bytes] | bytes]) -> Path:
    """A copy with other contents of some members; bytes add a member."""
    target = archive.with_name(f"{archive.name}.changed")
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            change = changes.get(name)
            content = source.read(name)
            out.writestr(name, change(content) if callable(change) else content)
        for name, content in changes.items():
            if isinstance(content, bytes):
                out.writestr(name, content)
    return target


def line(**values: Any) -> bytes:
    return json.dumps(values).encode() + b"\n"


OTHER = "01a00000-0000-7000-8000-000000000000"
HOSTILE = {
    "a path": {"../../evil": b"x"},
    "an absolute path": {"/etc/evil": b"x"},
    "a bomb": {"files/0": b"0" * 50_000_000, "files.jsonl": lambda _: line(key=f"{OTHER}/a/b", size=50_000_000)},
    "a file of another project": {"files/0": b"x", "files.jsonl": lambda _: line(key=f"{OTHER}/a/original", size=1)},
    "a file that climbs": {"files/0": b"x", "files.jsonl": lambda _: line(key="../../evil", size=1)},
    "a row with another's file": {
        "rows/documents.jsonl": lambda _: line(id=OTHER, name="x", file_key=f"{OTHER}/a/original")
    },
    "an unknown column": {"rows/collections.jsonl": lambda _: line(id=OTHER, **{"name) --": "x"})},
    "a value of another type": {"rows/collections.jsonl": lambda _: line(id="no id", name="x", slug="x")},
    "no JSON": {"rows/collections.jsonl": lambda _: b"[[[[\n"},
    "another table": {"rows/users.jsonl": line(id=OTHER, email="evil@example.org", is_superuser=True)},
    "another schema": {"project.json": lambda told: told.replace(b'"schema": "', b'"schema": "x')},
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_is_hostile_or_damaged_is_refused(
    kind: str, small: Path, api: Api, process: Process, tmp_path: Path
) -> None:
    archive = await asyncio.to_thread(changed, small, HOSTILE[kind])
    new = str(new_id())  # as a project that is not here yet
    archive = await asyncio.to_thread(
        changed, archive, {"project.json": lambda told: told.replace(api.project.encode(), new.encode())}
    )
    async with process.database.write() as session:
        owner = await ensure_user(session, "importer@example.org")
    with pytest.raises(SetupError):
        await import_project(process, ProjectFile(archive, GIB), owner.id)
    assert not [batch async for batch in process.files.list(new) if batch]
    assert not (tmp_path.parent / "evil").exists()
    async with process.database.read() as session:
        found = await session.scalar(text("SELECT count(*) FROM users WHERE email = 'evil@example.org'"))
    assert found == 0
    shutil.rmtree(tmp_path)
