"""What names no project in its address, or means several, finds projects of every cell."""

import asyncio

import httpx2 as httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from citewell.cells import asking
from citewell.cells.asking import answer_list
from tests.cells.conftest import Installation
from tests.cells.test_routing import QUESTION, with_handbook
from tests.conftest import Api
from tests.mcp.test_server import call, problem, session
from tests.waiting import until


@pytest.fixture(scope="module")
async def north(installation: Installation, ada: Api) -> Api:
    return await with_handbook(await installation.project(ada, "north", "Doors north"))


@pytest.fixture(scope="module")
async def south(installation: Installation, ada: Api) -> Api:
    return await with_handbook(await installation.project(ada, "south", "Doors south"))


def asked(model: str) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": QUESTION}]}


async def test_agents_of_all_cells_are_models(
    ada: Api, north: Api, south: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_CELL_SECONDS", 120.0)  # a busy machine's first answer takes longer than a list waits
    models = [one["id"] for one in (await ada.http.get("/v1/models")).json()["data"]]
    tags = [one["name"] for one in (await ada.http.get("/api/tags")).json()["models"]]
    for name in ("Doors north", "Doors south"):
        [model] = [one for one in models if one.startswith(f"{name}/")]
        assert model in tags
        assert (await ada.http.get(f"/v1/models/{model}")).json()["id"] == model
        answer = await ada.http.post("/v1/chat/completions", json=asked(model))
        assert "210 EUR" in answer.json()["choices"][0]["message"]["content"], answer.text
    stored = await ada.http.post("/v1/responses", json={"model": "Doors south", "input": QUESTION})
    assert stored.status_code == 200, stored.text
    again = await ada.http.get(f"/v1/responses/{stored.json()['id']}")
    assert "210 EUR" in again.json()["output"][0]["content"][0]["text"], again.text
    unknown = await ada.http.post("/v1/chat/completions", json=asked("Nobody's"))
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "not_found_error")


async def test_a_cell_that_breaks_is_left_out_of_lists() -> None:
    async def models(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"data": [{"id": "One"}]})(scope, receive, send)

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise OperationalError("SELECT", {}, Exception("the connection is lost"))

    async def several(scope: Scope, receive: Receive, send: Send) -> None:
        await answer_list([models, broken, models], "data", scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=several), base_url="http://test") as client:
        answer = await client.get("/v1/models")
    assert [one["id"] for one in answer.json()["data"]] == ["One", "One"]


async def test_a_slow_cell_is_left_out_and_ends_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is cancelled in the midst of its work may leave a connection behind."""
    monkeypatch.setattr(asking, "_CELL_SECONDS", 0.01)
    may_end, ends = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def models(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"data": [{"id": "One"}]})(scope, receive, send)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await may_end.wait()
            await JSONResponse({"data": [{"id": "Two"}]})(scope, receive, send)
            ends.set_result("by itself")
        except asyncio.CancelledError:
            ends.set_result("cancelled")
            raise

    async def several(scope: Scope, receive: Receive, send: Send) -> None:
        await answer_list([models, slow, models], "data", scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=several), base_url="http://test") as client:
        answer = await client.get("/v1/models")
    assert [one["id"] for one in answer.json()["data"]] == ["One", "One"]
    may_end.set()
    assert await ends == "by itself"


async def test_mcp_tools_work_in_the_stores_cell(installation: Installation, north: Api, south: Api) -> None:
    async with session(north.server, north.token) as client:
        stores = {one["id"] for one in (await call(client, "list_knowledge_stores"))["knowledge_stores"]}
        assert {north.project, south.project} <= stores
        found = await call(client, "search", query=QUESTION)
        assert {north.project, south.project} <= {one["id"].partition(":")[0] for one in found["results"]}
        [first] = [one for one in found["results"] if one["id"].startswith(south.project)][:1]
        assert "210 EUR" in (await call(client, "fetch", id=first["id"]))["text"]
        assert (await call(client, "list_knowledge", project_id=south.project))["document_count"] == 1
        async with installation.down("south"):

            async def is_known() -> bool:
                return not installation.cells.others["south"].is_up

            await until(is_known)
            assert '"south"' in await problem(client, "list_knowledge", project_id=south.project)
            found = await call(client, "search", query=QUESTION)
            assert {one["id"].partition(":")[0] for one in found["results"]} >= {north.project}
            missing = await north.http.post("/v1/chat/completions", json=asked("Doors south"))
            assert (missing.status_code, missing.json()["cell"]) == (503, "south")


async def test_a_vector_store_is_searched_in_its_cell(north: Api) -> None:
    found = await north.http.post(f"/v1/vector_stores/vs_{north.project}/search", json={"query": QUESTION})
    assert found.status_code == 200, found.text
    assert "210 EUR" in found.text
