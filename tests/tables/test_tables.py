"""The tables of a project, by the reference client and with what is wrong."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError
from sqlalchemy import text

from citewell.models import KnowledgeTable
from citewell.process import Process
from citewell.tables.live import read_live
from tests.conftest import Api
from tests.documents.test_processing import active, send_version, until_version

TEXT = b"# Prices\n\nA room costs 140 EUR.\n\n| room | EUR |\n|---|---|\n| single | 140 |\n| double | 180 |\n"


async def table(api: Api, name: str) -> str:
    rows = (await api.get("/tables/")).json()["results"]
    return next(str(row["id"]) for row in rows if row["name"] == name)


async def read(api: Api, name: str, **more: Any) -> dict[str, Any]:
    path = f"/tables/{await table(api, name)}/data-operations/"
    answer = await api.post(path, json={"operation": "read", **more})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


async def test_the_reference_client_reads_tables(handbook: Api) -> None:
    await asyncio.to_thread(_by_client, handbook)


def _by_client(api: Api) -> None:
    client = CRFAPIClient(api.server, api.token)
    [warehouse] = [found for found in client.list_warehouses() if found.id == api.project]
    tables = {found.name: found for found in warehouse.list_tables()}
    chunks = tables["chunks"].get_data(page_size=2)
    assert len(chunks) > 2
    assert len({row["id"] for row in chunks}) == len(chunks)
    some = tables["chunks"].get_data(filters={"document_id": chunks[0]["document_id"]}, columns=["id", "document_id"])
    assert some == [
        {key: row[key] for key in ("id", "document_id")}
        for row in chunks
        if row["document_id"] == chunks[0]["document_id"]
    ]
    with pytest.raises(CRFAPIError, match="can only be read"):
        tables["chunks"].write_data([{"content": "x"}])


async def test_blocks_are_pieces_of_their_chunks(api: Api) -> None:
    await active(api, "prices.md", TEXT)
    [chunk] = (await read(api, "chunks"))["results"]
    blocks = (await read(api, "blocks"))["results"]
    assert [block["type"] for block in blocks] == [block["type"] for block in chunk["blocks"]]
    assert all(block["content"] and block["content"] in chunk["content"] for block in blocks)
    [grid] = (await read(api, "blocks", filters={"type": "table"}))["results"]
    assert "double" in grid["content"]


async def test_only_what_is_published_is_there(api: Api) -> None:
    document = await active(api, "prices.md", TEXT)
    assert (await send_version(api, document, "prices.md", b"# Prices\n\nA tent costs 20 EUR.")).status_code == 201
    await until_version(api, document, 2)
    [chunk] = (await read(api, "chunks"))["results"]
    assert "tent" in chunk["content"]
    assert (await api.delete(f"/documents/{document}/")).status_code == 204
    assert await read(api, "chunks") == {"results": [], "count": 0, "has_next": False}


async def test_chunks_and_blocks_take_the_filters_of_other_tables(api: Api) -> None:
    await active(api, "prices.md", TEXT)
    blocks = (await read(api, "blocks"))["results"]

    async def numbers(filters: dict[str, Any]) -> list[int]:
        return [row["number"] for row in (await read(api, "blocks", filters=filters))["results"]]

    def those(keep: Any) -> list[int]:
        return [row["number"] for row in blocks if keep(row)]

    word = blocks[-1]["content"].split()[0]
    assert await numbers({"content": {"contains": word.upper()}}) == those(lambda row: word in row["content"])
    assert await numbers({"number": {"gte": 2, "lt": 3}}) == [2]
    assert await numbers({"number__gt": 1, "type__ne": "table"}) == those(
        lambda row: row["number"] > 1 and row["type"] != "table"
    )
    assert await numbers({"page": None}) == await numbers({"page": {"isnull": True}}) == those(lambda row: True)
    assert await numbers({"page": [1, None]}) == those(lambda row: True)
    assert await numbers({"type": {"not_in": ["table", "text"]}}) == those(
        lambda row: row["type"] not in ("table", "text")
    )
    assert await numbers({"id": blocks[0]["id"]}) == [blocks[0]["number"]]


async def test_each_row_is_on_one_page_of_a_table(handbook: Api) -> None:
    whole = await read(handbook, "chunks", columns=["id"], limit=1000)
    first = await read(handbook, "chunks", columns=["id"], limit=2)
    assert (first["count"], first["has_next"]) == (whole["count"], True)
    rest = await read(handbook, "chunks", columns=["id"], limit=1000, offset=2)
    assert first["results"] + rest["results"] == whole["results"]
    assert rest["has_next"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"columns": ["nothing"]}, "columns"),
        ({"filters": {"blocks": "x"}}, "filters.blocks"),
        ({"filters": {"nothing": "x"}}, "filters.nothing"),
        ({"filters": {"document_id": "x"}}, "filters.document_id"),
        ({"filters": {"document_id": 1}}, "filters.document_id"),
        ({"filters": {"document_id": {"gt": "x"}}}, "filters.document_id"),
        ({"filters": {"min_page": "1"}}, "filters.min_page"),
        ({"filters": {"min_page": 2**40}}, "filters.min_page"),
        ({"filters": {"min_page": [1] * 1001}}, "filters.min_page"),
        ({"filters": {"min_page": {"contains": "1"}}}, "filters.min_page"),
        ({"limit": 0}, "limit"),
        ({"operation": "drop"}, "operation"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    path = f"/tables/{await table(api, 'chunks')}/data-operations/"
    answer = await api.post(path, json={"operation": "read", **body})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_a_table_without_a_version_is_empty(api: Api) -> None:
    columns = [{"name": "name", "type": "text"}]
    made = await api.post("/tables/", json={"name": "things", "columns": columns, "object_type": "custom"})
    assert made.status_code == 201, made.text
    path = f"/tables/{made.json()['id']}/data-operations/"
    assert (await api.post(path, json={"operation": "read"})).json()["result"]["results"] == []
    assert (await api.post(path, json={"operation": "read", "columns": ["nothing"]})).status_code == 400


async def test_a_table_is_read_again_where_its_connection_died(handbook: Api, process: Process) -> None:
    key = UUID(handbook.project), UUID(await table(handbook, "chunks"))
    async with process.database.read() as session, process.database.write() as other:
        found = await session.get_one(KnowledgeTable, key)
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        assert await other.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        count, rows = await read_live(session, found, ["id"], {}, 1, 0)
        assert (count > 0, len(rows)) == (True, 1)
        assert await session.scalar(text("SELECT pg_backend_pid()")) != pid
