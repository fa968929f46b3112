"""Projects in other cells are used as those of one database are, and one cell that is down stops only its own."""

from uuid import UUID

import httpx2 as httpx
import pytest

from tests.cells.conftest import Installation
from tests.conftest import Api, client_of, until_ended
from tests.samples import HANDBOOK
from tests.sse import ask, final_answer
from tests.waiting import until

QUESTION = "How much may a hotel room cost in Oslo?"


async def with_handbook(api: Api) -> Api:
    uploaded = await api.post("/documents/bulk-upload/", files=[("files", ("handbook.md", HANDBOOK))])
    assert uploaded.status_code == 201, uploaded.text
    rows = await until_ended(api, [item["id"] for item in uploaded.json()])
    assert [row["status"] for row in rows.values()] == ["active"]
    return api


@pytest.fixture(scope="module")
async def north(installation: Installation, ada: Api) -> Api:
    return await with_handbook(await installation.project(ada, "north", "Northern handbook"))


@pytest.fixture(scope="module")
async def south(installation: Installation, ada: Api) -> Api:
    return await with_handbook(await installation.project(ada, "south", "Southern handbook"))


@pytest.fixture(scope="module")
async def at_home(installation: Installation, ada: Api) -> Api:
    return await with_handbook(await installation.project(ada, "home", "Handbook at home"))


async def test_documents_answers_and_their_pages_are_of_the_projects_cell(
    installation: Installation, north: Api, at_home: Api
) -> None:
    for api, cell in ((north, "north"), (at_home, "home")):
        citation = final_answer(await ask(api, QUESTION))["citations"][0]
        opened = await api.http.get(f"/{api.project}/reference/{citation['chunk_id']}")
        assert opened.status_code == 200, opened.text
        assert "210 EUR" in opened.text
        for other in ("home", "north", "south"):
            assert bool(await installation.count(other, "chunks", api.project)) == (other == cell)


async def test_a_list_has_the_projects_of_all_cells(ada: Api, north: Api, south: Api, at_home: Api) -> None:
    renamed = await south.patch("/", json={"name": "Southern rules"})
    assert renamed.status_code == 200, renamed.text
    listed = {one["id"]: one for one in (await ada.http.get("/api/v1/projects/")).json()["results"]}
    places = {project: (one["cell"], one["name"], one["is_available"]) for project, one in listed.items()}
    assert places[north.project] == ("north", "Northern handbook", True)
    assert places[south.project] == ("south", "Southern rules", True)
    assert places[at_home.project] == ("home", "Handbook at home", True)


async def test_another_way_to_write_the_projects_id_leads_to_the_same_cell(
    installation: Installation, north: Api
) -> None:
    project = UUID(north.project)
    for number, form in enumerate((project.hex, project.urn, f"%7B{project}%7D")):
        file = ("files", (f"note-{number}.md", f"# Note {number}".encode()))
        answer = await north.http.post(f"/api/v1/projects/{form}/documents/bulk-upload/", files=[file])
        assert answer.status_code == 201, answer.text
        removed = await north.delete(f"/documents/{answer.json()[0]['id']}/")
        assert removed.status_code < 300, removed.text
    assert not await installation.count("home", "documents", north.project)


async def test_members_are_added_and_removed_for_a_project_anywhere(installation: Installation, north: Api) -> None:
    async with client_of(installation.home, installation.server, "bob@example.org") as bob:
        bob.project = north.project
        assert (await bob.get("/documents/")).status_code == 403
        invited = await north.post(
            "/invites/invite/", json={"email": "bob@example.org", "permissions": ["CAN_VIEW_DATA"]}
        )
        assert invited.status_code == 201, invited.text
        assert (await bob.get("/documents/")).status_code == 200
        assert final_answer(await ask(bob, QUESTION))["citations"]
        assert (await bob.delete("/documents/")).status_code in (403, 405)
        removed = await north.post("/users/remove-by-email/", json={"email": "bob@example.org"})
        assert removed.status_code == 204, removed.text
        assert (await bob.get("/documents/")).status_code == 403, "at once, whatever the cell's copy says"


async def test_a_cell_that_is_down_stops_its_own_projects_alone(
    installation: Installation, ada: Api, north: Api, south: Api, at_home: Api
) -> None:
    async with installation.down("north"):

        async def refused() -> httpx.Response:
            return await north.get("/documents/")

        async def is_refused() -> bool:
            return (await refused()).status_code == 503 and not installation.cells.others["north"].is_up

        await until(is_refused)
        answer = await refused()
        assert answer.json()["code"] == "cell_unavailable"
        assert answer.json()["cell"] == "north"
        assert answer.headers["retry-after"] == "5"
        assert final_answer(await ask(south, QUESTION))["citations"]
        assert final_answer(await ask(at_home, QUESTION))["citations"]
        listed = {one["id"]: one for one in (await ada.http.get("/api/v1/projects/")).json()["results"]}
        assert not listed[north.project]["is_available"]
        assert listed[north.project]["name"] == "Northern handbook"
        assert listed[south.project]["is_available"]

    async def is_back() -> bool:
        return (await north.get("/documents/")).status_code == 200

    await until(is_back)
    assert final_answer(await ask(north, QUESTION))["citations"]


async def test_while_the_home_cell_is_down_known_people_work_in_the_others(
    installation: Installation, north: Api, at_home: Api
) -> None:
    async with installation.down("home"):

        async def is_served() -> bool:
            return installation.home.database.is_away and (await north.get("/documents/")).status_code == 200

        await until(is_served)
        assert final_answer(await ask(north, QUESTION))["citations"]
        assert (await at_home.get("/documents/")).status_code == 503
        stranger = await north.http.get(f"{north.base}/documents/", headers={"Authorization": "Bearer cw_wrong"})
        assert stranger.status_code == 401

    async def is_back() -> bool:
        return (await at_home.get("/documents/")).status_code == 200

    await until(is_back)


async def test_a_deleted_project_is_gone_from_its_cell_and_from_home(installation: Installation, ada: Api) -> None:
    gone = await installation.project(ada, "south", "Short-lived")
    assert (await gone.delete("/")).status_code == 204
    assert (await gone.get("/")).status_code == 404
    listed = (await ada.http.get("/api/v1/projects/")).json()["results"]
    assert gone.project not in {one["id"] for one in listed}

    async def is_purged() -> bool:
        return not await installation.count("south", "projects", gone.project)

    await until(is_purged)
