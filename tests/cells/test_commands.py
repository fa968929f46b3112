"""Commands that name a project work in its cell; those that name none look through all cells."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from citewell.audit.reading import AuditFilters
from citewell.cells.moving import finishing, move
from citewell.cli import admin, ask, audit, ingest, project_move, retry, source, transfer, welcome
from citewell.connectors.kinds import checked
from citewell.connectors.schemas import SourceCreate
from citewell.errors import BadRequest, Conflict, NotFound, SetupError
from citewell.installation.checks import check_cells
from citewell.kit.ids import new_id
from citewell.process import Process
from citewell.transfer.reading import ProjectFile
from citewell.transfer.writing import write_project
from tests.cells.conftest import Installation
from tests.cells.test_routing import QUESTION
from tests.conftest import Api
from tests.samples import HANDBOOK
from tests.sse import ask as ask_in
from tests.sse import final_answer
from tests.waiting import until


async def test_a_project_of_another_cell_is_filled_asked_and_explained(
    installation: Installation, ada: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, name = installation.settings, "By command"
    api = await installation.project(ada, "north", name)
    file = tmp_path / "handbook.md"
    file.write_bytes(HANDBOOK)
    job = ingest._Job([file], [], [], "replace")
    assert await ingest._ingest(settings, name, job, watch=False) == (0, 1)
    assert await installation.count("north", "documents", api.project) == 1
    assert not await installation.count("home", "documents", api.project)
    capsys.readouterr()
    await ask._ask_project(settings, QUESTION, name)
    assert "210 EUR" in capsys.readouterr().out
    assert "handbook.md can be found" in (await retry._why(settings, name, "handbook.md", None))[0]
    assert await retry._retry(settings, name, [], None) == (0, 0)
    [line] = [line for line in await admin._list_projects(settings) if api.project in line]
    assert line.split()[1:] == ["1", "north", "By", "command"]


async def test_a_project_is_exported_from_its_cell_and_imported_into_the_one_for_new_projects(
    installation: Installation, ada: Api, handbook: Api, process: Process, tmp_path: Path
) -> None:
    settings = installation.settings.model_copy(update={"cell_of_new_projects": "south"})
    await installation.project(ada, "north", "To be exported")
    about = await transfer._export(settings, "To be exported", tmp_path / "north.citewell")
    assert about.rows["projects"] == 1
    await write_project(process, UUID(handbook.project), tmp_path / "handbook.citewell")
    file = ProjectFile(tmp_path / "handbook.citewell", 2**30)
    await transfer._import(settings, file, "ada@example.org")
    with pytest.raises(Conflict, match="is here already"):
        await transfer._import(settings, file, "ada@example.org")
    api = Api(ada.http, ada.token, ada.server, handbook.project)
    assert await installation.count("south", "passages", api.project)
    assert final_answer(await ask_in(api, QUESTION))["citations"]
    listed = (await ada.http.get("/api/v1/projects/", params={"limit": 100})).json()["results"]
    assert [one["cell"] for one in listed if one["id"] == api.project] == ["south"]


async def test_sources_and_the_audit_log_of_all_cells(installation: Installation, ada: Api) -> None:
    settings = installation.settings
    api = await installation.project(ada, "south", "With a source")
    body = checked(
        SourceCreate, {"kind": "rss", "name": "News", "config": {"url": "https://example.org/rss"}}, "source"
    )
    made = await source._add(settings, "With a source", body)
    assert made in {row[0] for row in await source._list(settings)}
    assert (await api.get(f"/document-sources/{made}/")).json()["name"] == "News"
    rows = await audit._read(settings, "With a source", AuditFilters(), 10)
    assert "source_created" in {row.action for row in rows}
    await source._remove(settings, UUID(made), documents=False)
    with pytest.raises(NotFound, match="no such source"):
        await source._sync(settings, new_id(), False)


async def test_a_project_is_moved_by_its_name_if_no_other_has_it(
    installation: Installation, ada: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(move, "_CLOSED_SECONDS", 60.0)  # others use the machine
    monkeypatch.setattr(finishing, "_GRACE_SECONDS", 0.8)
    api = await installation.project(ada, "north", "To the south")
    with pytest.raises(NotFound, match="not moving"):
        await project_move._move(installation.settings, "To the south", "")
    await project_move._move(installation.settings, "To the south", "south")
    assert "switched to south" in capsys.readouterr().out
    assert await installation.count("south", "projects", api.project) == 1
    await installation.project(ada, "north", "To the south")
    with pytest.raises(BadRequest, match="Use the id of one"):
        await project_move._move(installation.settings, "To the south", "north")


async def test_the_demo_project_is_made_in_the_cell_for_new_ones_and_found_there(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [small] = [item for item in welcome.sample_files() if item.name.endswith(".md")]
    monkeypatch.setattr(welcome, "sample_files", lambda: [small])
    monkeypatch.setattr(installation.home.settings, "cell_of_new_projects", "south")
    for _ in range(2):
        await welcome.welcome(installation.home, installation.server, demo=True)
        [project] = re.findall(r"/projects/([^/]+)/", capsys.readouterr().out)
        assert await installation.count("south", "documents", project) == 1


async def until_away(installation: Installation, cell: str) -> None:
    await until(lambda: not installation.cells.others[cell].is_up)


async def test_a_cell_that_is_down_is_named_and_the_others_are_shown(
    installation: Installation, ada: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api = await installation.project(ada, "south", "Out of reach")
    async with installation.down("south"):
        lines = await admin._list_projects(installation.settings)
        [line] = [line for line in lines if api.project in line]
        assert line.split()[1:3] == ["?", "south"]
        assert "south is left out" in capsys.readouterr().err
        with pytest.raises(SetupError, match="in the cell south, which cannot be opened"):
            await retry._why(installation.settings, "Out of reach", "any.md", None)
        await until_away(installation, "south")
        await welcome.welcome(installation.home, installation.server, demo=True)
        assert 'demo project is not ready: The database cell "south"' in capsys.readouterr().out
        found = {finding.subject: finding for finding in check_cells(installation.settings)}
        assert (found["cell south"].level, found["cell north"].level) == ("bad", "ok")
