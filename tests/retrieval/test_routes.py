"""Retrieval over HTTP, with the filters of the contract."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from crf_api_client.client import CRFAPIClient

from citewell.process import Process
from citewell.search.rerank import Reranker
from tests.conftest import Api, client_of, until_ended
from tests.documents.test_metadata import add_tag, change
from tests.documents.test_upload import upload
from tests.listening import listening

KINDS = ("naive", "full-text-search", "hybrid-search")
TOWNS = {
    "oslo.md": b"# Oslo\n\nA hotel room in Oslo may cost 210 EUR, and breakfast is included.",
    "rome.md": b"# Rome\n\nA hotel room in Rome may cost 150 EUR, breakfast costs extra there.",
    "bern.md": b"# Bern\n\nA hotel room in Bern may cost 190 EUR. Guests pay a tax for visitors.",
}


@pytest.fixture(scope="module")
async def towns(process: Process, server: str) -> AsyncIterator[tuple[Api, dict[str, str]]]:
    async with client_of(process, server, "towns@example.org") as client:
        made = await client.http.post("/api/v1/projects/", json={"name": "Towns", "business_brief": "Towns"})
        client.project = made.json()["id"]
        rows = await upload(client, TOWNS)
        await until_ended(client, [row["id"] for row in rows])
        yield client, {row["name"]: row["id"] for row in rows}


async def names(api: Api, kind: str = "hybrid-search", **body: Any) -> list[str]:
    answer = await api.post(f"/retrieve-with-{kind}/", json={"query": "hotel room", **body})
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["retrieval_results"]]


@pytest.mark.parametrize("kind", KINDS)
async def test_results_say_what_and_where(towns: tuple[Api, dict[str, str]], kind: str) -> None:
    api, ids = towns
    answer = (await api.post(f"/retrieve-with-{kind}/", json={"query": "What does a room in Rome cost?"})).json()
    best = answer["retrieval_results"][0]
    assert best["name"] == "rome.md"
    assert best["document_id"] == ids["rome.md"]
    assert best["type"] == "chunk"
    assert best["uuid"] == best["chunk_ids"][0]
    assert "150 EUR" in best["content"]
    assert best["passage"] in best["content"]
    assert best["heading_path"] == ["Rome"]
    page = await api.http.get(best["reference_url"])
    assert page.status_code == 200
    assert "150 EUR" in page.text
    scores = [row["score"] for row in answer["retrieval_results"]]
    assert scores == sorted(scores, reverse=True)
    assert answer["answer"] is None


async def test_the_reference_client_retrieves(towns: tuple[Api, dict[str, str]]) -> None:
    api, ids = towns
    client = CRFAPIClient(api.server, api.token)
    [warehouse] = [item for item in await asyncio.to_thread(client.list_warehouses) if item.id == api.project]
    for method in (
        warehouse.retrieve_with_semantic_search,
        warehouse.retrieve_with_full_text_search,
        warehouse.retrieve_with_hybrid_search,
    ):
        found = await asyncio.to_thread(method, "room in Oslo", n_objects=1)
        assert [row["name"] for row in found] == ["oslo.md"]
        some = await asyncio.to_thread(method, "room", selected_documents=[{"id": ids["bern.md"]}])
        assert [row["name"] for row in some] == ["bern.md"]
    answer = await asyncio.to_thread(
        warehouse.generate_answer_with_hybrid_search, "What may a hotel room in Oslo cost?", None
    )
    assert "210 EUR" in answer
    assert f"]({api.server}/{api.project}/reference/" in answer, (
        "a client has no page that the link could be relative to"
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_filters_leave_out_what_does_not_match(
    process: Process, towns: tuple[Api, dict[str, str]], kind: str
) -> None:
    api, ids = towns
    tag = await add_tag(process, api, ids["oslo.md"], "region", "North")
    await add_tag(process, api, ids["bern.md"], "region", "Middle")
    await change(api, ids["rome.md"], "add", key="Season", value="Summer")
    north = [{"id": str(tag), "is_document_tags": True}]
    assert await names(api, kind, included_tags=north) == ["oslo.md"]
    assert sorted(await names(api, kind, excluded_tags=north)) == ["bern.md", "rome.md"]
    by_name = [{"tag_name": "REGION", "tag_value": "north"}, {"tag_value": "middle"}]
    assert sorted(await names(api, kind, included_tags=by_name)) == ["bern.md", "oslo.md"]
    season = [{"key": "season", "value": "SUMMER"}]
    assert await names(api, kind, included_attributes=season) == ["rome.md"]
    assert sorted(await names(api, kind, excluded_attributes=[{"key": "season"}])) == ["bern.md", "oslo.md"]
    assert await names(api, kind, included_tags=north, included_attributes=season) == []
    assert await names(api, kind, included_objects=[{"id": "x"}]) == []
    assert len(await names(api, kind, included_tags={}, excluded_tags={}, selected_documents=None)) == 3
    assert await names(api, kind, indexes=["objects"]) == []
    assert len(await names(api, kind, n_objects=2)) == 2


async def test_collections_filter(api: Api) -> None:
    rows = await upload(api, TOWNS)
    await until_ended(api, [row["id"] for row in rows])
    await api.post("/document-collections/", json={"name": "North"})
    oslo = next(row["id"] for row in rows if row["name"] == "oslo.md")
    await api.post("/document-collections/north/move-documents/", json={"document_ids": [oslo]})
    assert await names(api, selected_collections=["north"]) == ["oslo.md"]
    assert sorted(await names(api, selected_collections=["default"])) == ["bern.md", "rome.md"]


async def test_a_deleted_document_is_not_found_from_the_answer_on(api: Api) -> None:
    rows = await upload(api, TOWNS)
    await until_ended(api, [row["id"] for row in rows])
    for row in rows:
        assert row["name"] in await names(api)
        assert (await api.delete(f"/documents/{row['id']}/")).status_code == 204
        for kind in KINDS:
            assert row["name"] not in await names(api, kind)


async def test_chunks_side_by_side_are_one_result(api: Api) -> None:
    settings = {"default_chunking_maximum_chunk_size": 300, "default_chunking_minimum_chunk_size": 10}
    await api.http.patch(f"{api.base}/", json=settings)
    about = "\n\n".join(
        f"The turbine number {n} is inspected in week {n} by the turbine team of hall {n}." for n in (1, 2, 3, 4)
    )
    text = f"# Turbines\n\n{about}\n\n# Kitchen\n\n" + "Soup is served at noon, bread in the evening. " * 12
    [row] = await upload(api, {"plan.md": text.encode()})
    await until_ended(api, [row["id"]])
    answer = await api.post("/retrieve-with-full-text-search/", json={"query": "inspected team", "n_objects": 5})
    [result] = answer.json()["retrieval_results"]
    assert len(result["chunk_ids"]) == 2
    assert all(f"turbine number {n}" in result["content"] for n in (1, 2, 3, 4))


@contextlib.asynccontextmanager
async def reranking(process: Process, *, broken: bool = False) -> AsyncIterator[list[Any]]:
    """An endpoint that likes texts about Bern best, and what it was asked."""
    asked: list[Any] = []

    async def rerank(request: web.Request) -> web.Response:
        body = await request.json()
        asked.append(body)
        if broken:
            return web.Response(status=500)
        scores = [0.9 if "Bern" in text else 0.1 for text in body["documents"]]
        return web.json_response(
            {"results": [{"index": place, "relevance_score": score} for place, score in enumerate(scores)]}
        )

    app = web.Application()
    app.router.add_post("/v1/rerank", rerank)
    async with listening(app) as address:
        process.reranker = Reranker(f"{address}/v1", "judge", "key")
        try:
            yield asked
        finally:
            await process.reranker.aclose()
            process.reranker = None


async def test_a_reranker_orders_results_and_its_failure_keeps_the_old_order(
    process: Process, towns: tuple[Api, dict[str, str]]
) -> None:
    api, _ = towns
    body = {"query": "room in Oslo", "rerank": True, "n_objects": 2}
    without = (await api.post("/retrieve-with-hybrid-search/", json=body)).json()
    assert without["reranked"] is False
    assert without["retrieval_results"][0]["name"] == "oslo.md"
    async with reranking(process) as asked:
        found = (await api.post("/retrieve-with-hybrid-search/", json=body)).json()
        assert found["reranked"] is True
        assert found["retrieval_results"][0]["name"] == "bern.md"
        assert found["retrieval_results"][0]["score"] == 0.9
        assert asked[0]["query"] == "room in Oslo"
        assert asked[0]["model"] == "judge"
        assert len(asked[0]["documents"]) == 3
    async with reranking(process, broken=True):
        kept = (await api.post("/retrieve-with-hybrid-search/", json=body)).json()
    assert kept["reranked"] is False
    assert kept["retrieval_results"] == without["retrieval_results"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": "  "}, "query"),
        ({"query": "x", "n_objects": 0}, "n_objects"),
        ({"query": "x", "indexes": ["images"]}, "indexes.0"),
        ({"query": "x", "selected_documents": ["abc"]}, "selected_documents.0"),
        ({"query": "x", "included_tags": [{"id": ["abc"]}]}, "included_tags.0.id"),
    ],
)
async def test_wrong_requests(handbook: Api, body: Any, field: str) -> None:
    for kind in KINDS:
        answer = await handbook.post(f"/retrieve-with-{kind}/", json=body)
        assert answer.status_code == 400
        assert field in answer.json()


async def test_documents_of_another_project_are_not_found(towns: tuple[Api, dict[str, str]], handbook: Api) -> None:
    _, ids = towns
    assert await names(handbook, selected_documents=[ids["oslo.md"]]) == []
    assert "oslo.md" not in await names(handbook)
