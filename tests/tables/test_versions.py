"""Tables that clients make: their versions, and the rows that they write, by the reference client and by hand."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError
from crf_api_client.warehouse import Warehouse

from tests.conftest import Api
from tests.documents.test_processing import active

COLUMNS = [
    {"name": "id", "type": "uuid"},
    {"name": "document_id", "type": "uuid"},
    {"name": "name", "type": "text"},
    {"name": "amount", "type": "number"},
    {"name": "pages", "type": "int"},
    {"name": "paid", "type": "bool"},
    {"name": "due", "type": "date"},
    {"name": "lines", "type": "json"},
]
ONE, OTHER = str(uuid4()), str(uuid4())
ROWS: list[dict[str, Any]] = [
    {"id": str(uuid4()), "document_id": ONE, "name": "Oak", "amount": 12.5, "paid": True, "due": "2026-01-31"},
    {"id": str(uuid4()), "document_id": ONE, "name": "Elm 100%", "amount": 7, "pages": 3, "lines": [{"a": None}]},
    {"id": str(uuid4()), "document_id": OTHER, "name": "oak, red", "amount": -1, "paid": False, "due": "2026-02-01"},
    {"id": str(uuid4()), "name": None},
]


async def make_table(api: Api, name: str = "invoices", columns: Any = COLUMNS) -> str:
    answer = await api.post("/tables/", json={"name": name, "columns": columns, "object_metadata": None})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def table_named(api: Api, name: str) -> str:
    return next(str(row["id"]) for row in (await api.get("/tables/")).json()["results"] if row["name"] == name)


async def operate(api: Api, table: str, operation: str, **more: Any) -> dict[str, Any]:
    answer = await api.post(f"/tables/{table}/data-operations/", json={"operation": operation, **more})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


async def refused(api: Api, table: str, operation: str, **more: Any) -> str:
    answer = await api.post(f"/tables/{table}/data-operations/", json={"operation": operation, **more})
    assert answer.status_code == 400, answer.text
    return answer.text


async def names(api: Api, table: str, filters: dict[str, Any]) -> list[str | None]:
    rows = (await operate(api, table, "read", filters=filters))["results"]
    return [row["name"] for row in rows]


async def test_the_reference_client_writes_and_reads(api: Api) -> None:
    assert (await api.get(f"/tables/{await table_named(api, 'chunks')}/versions/")).json()["count"] == 0
    await active(api, "note.md", b"Some text.")
    await asyncio.to_thread(_by_client, api)


def _by_client(api: Api) -> None:
    warehouse = Warehouse(api.server, api.token, api.project)
    table = warehouse.create_table(
        "things", [{"name": "id", "type": "uuid"}, {"name": "n", "type": "int"}], "custom", {}
    )
    rows = [{"id": str(uuid4()), "n": number} for number in range(25)]
    table.write_data(rows, batch_size=10)
    assert table.get_data(page_size=7) == rows
    table.update_data(table.list_versions()[0]["id"], [{"id": rows[3]["id"], "n": 300}])
    table.delete_data(table.list_versions()[0]["id"], {"n": [0, 1]})
    assert [row["n"] for row in table.get_data(page_size=5)] == [2, 300, *range(4, 25)]
    second = table.create_version()
    assert table.get_data() == []
    table.set_deployed_version(second["id"])
    assert table.get_deployed_version()["id"] == second["id"]
    table.set_deployed_version(table.list_versions()[1]["id"])
    assert [version["deployed"] for version in table.list_versions()] == [False, True]
    assert table.get_latest_or_deployed_version(True)["version"] == 1
    assert table.get_latest_or_deployed_version(False)["version"] == 2
    chunks = warehouse.get_table("chunks")
    changed = table.update_table_version_dependencies({"chunks": chunks.list_versions()[0]["id"]}, second["id"])
    assert changed["table_version_dependencies"] == {"chunks": chunks.list_versions()[0]["id"]}
    table.write_data(rows[:2], override=True, table_version_id=table.list_versions()[1]["id"])
    assert table.get_data(table_version_id=table.list_versions()[1]["id"]) == rows[:2]
    table.delete()
    assert "things" not in [found.name for found in warehouse.list_tables()]
    with pytest.raises(CRFAPIError):
        CRFAPIClient(api.server, api.token).list_warehouses()[0].get_table("chunks").clear_data(
            chunks.list_versions()[0]["id"]
        )


async def test_a_name_twice_is_the_same_table(api: Api) -> None:
    first = await make_table(api)
    assert await asyncio.gather(*(make_table(api, columns=["a"]) for _ in range(3))) == [first] * 3
    new = await asyncio.gather(*(make_table(api, "new", ["x"]) for _ in range(4)))
    assert len(set(new)) == 1


async def test_rows_are_filtered_by_their_values(api: Api) -> None:
    table = await make_table(api)
    await operate(api, table, "create", data=ROWS)
    assert await names(api, table, {"document_id": ONE}) == ["Oak", "Elm 100%"]
    assert await names(api, table, {"document_id": [OTHER, str(uuid4())]}) == ["oak, red"]
    assert await names(api, table, {"document_id": None}) == [None]
    assert await names(api, table, {"name__contains": "OAK"}) == ["Oak", "oak, red"]
    assert await names(api, table, {"name": {"contains": "0%"}}) == ["Elm 100%"]
    assert await names(api, table, {"amount": {"gte": -1, "lt": 12.5}}) == ["Elm 100%", "oak, red"]
    assert await names(api, table, {"amount": 7.0}) == ["Elm 100%"]
    assert await names(api, table, {"due__gt": "2026-01-31"}) == ["oak, red"]
    assert await names(api, table, {"paid": False}) == ["oak, red"]
    assert await names(api, table, {"paid": {"ne": True}}) == ["Elm 100%", "oak, red", None]
    assert await names(api, table, {"name": ["Oak", None]}) == ["Oak", None]
    assert await names(api, table, {"lines": {"isnull": False}}) == ["Elm 100%"]
    assert await names(api, table, {"lines": {"eq": [{"a": None}]}}) == ["Elm 100%"]
    assert await names(api, table, {"name__in": ["nobody"]}) == []


@pytest.mark.parametrize(
    "filters",
    [
        {"name; DROP TABLE table_rows": "x"},
        {"'": "x"},
        {"name": {"gte": 3}},
        {"amount": "12"},
        {"paid": {"lt": True}},
        {"document_id": "not a uuid"},
        {"name__isnull": "yes"},
        {"pages": 1.5},
    ],
)
async def test_a_filter_that_does_not_fit_is_named(api: Api, filters: dict[str, Any]) -> None:
    table = await make_table(api)
    await operate(api, table, "create", data=ROWS)
    assert "filters" in await refused(api, table, "read", filters=filters)


@pytest.mark.parametrize("value", ["'; DROP TABLE table_rows; --", ":f0_name", "%s %(x)s", "{name}", "\\", "\u2028"])
async def test_hostile_values_are_values(api: Api, value: str) -> None:
    table = await make_table(api, value or "x")
    await operate(api, table, "create", data=[{"name": value}, {"name": "other"}])
    assert await names(api, table, {"name": value}) == [value]
    assert await names(api, table, {"name__contains": value}) == [value]
    assert (await operate(api, table, "update", filters={"name": value}, data=[{"pages": 1}])) == {"updated": 1}
    assert (await operate(api, table, "delete", filters={"name": value})) == {"deleted": 1}
    assert await names(api, table, {}) == ["other"]


async def test_rows_keep_their_order_and_pages_meet(api: Api) -> None:
    table = await make_table(api, columns=[{"name": "n", "type": "int"}])
    for start in (0, 40):
        await operate(api, table, "create", data=[{"n": n} for n in range(start, start + 40)])
    page = await operate(api, table, "read", limit=10, offset=35, columns=["n"])
    assert ([row["n"] for row in page["results"]], page["count"], page["has_next"]) == ([*range(35, 45)], 80, True)
    await operate(api, table, "delete", filters={"n": {"lt": 10}})
    page = await operate(api, table, "read", limit=10, offset=60, columns=["n"])
    assert ([row["n"] for row in page["results"]], page["count"], page["has_next"]) == ([*range(70, 80)], 70, False)
    assert (await operate(api, table, "create", data=[{"n": 1}], override=True)) == {"created": 1}
    assert [row["n"] for row in (await operate(api, table, "read"))["results"]] == [1]


async def test_what_is_left_out_is_null_and_what_is_unknown_is_dropped(api: Api) -> None:
    table = await make_table(api)
    await operate(api, table, "create", data=[{"name": "x", "unknown": 1}])
    [row] = (await operate(api, table, "read"))["results"]
    assert set(row) == {column["name"] for column in COLUMNS}
    assert row["id"]
    assert row["amount"] is None
    await operate(api, table, "update", data=[{"id": row["id"], "name": None, "document_id": ONE}])
    [row] = (await operate(api, table, "read", filters={"document_id": ONE}))["results"]
    assert row["name"] is None


async def test_bad_rows_are_named_and_none_of_them_is_stored(api: Api) -> None:
    table = await make_table(api)
    good = {"name": "good"}
    assert "data[1].amount" in await refused(api, table, "create", data=[good, {"amount": "12"}])
    assert "data[1].id" in await refused(api, table, "create", data=[good, {"id": 7}])
    assert "data[1].due" in await refused(api, table, "create", data=[good, {"due": "31.01.2026"}])
    assert "data[1].lines" in await refused(api, table, "create", data=[good, {"lines": {"a": "\x00"}}])
    assert "data[0]" in await refused(api, table, "create", data=[{"name": "x" * 10_000_000}])
    await api.post(f"/tables/{table}/versions/")
    assert "data[0].id" in await refused(api, table, "update", data=[good])
    assert "filters" in await refused(api, table, "delete")
    assert "operation" in await refused(api, table, "drop")
    assert (await operate(api, table, "read"))["count"] == 0


@pytest.mark.parametrize("name", ['"; drop', "", "1st", "a\x00b", "x" * 101])
async def test_a_column_with_a_name_that_is_none(api: Api, name: str) -> None:
    answer = await api.post("/tables/", json={"name": "t", "columns": [{"name": "fine", "type": "int"}, name]})
    assert answer.status_code == 400
    assert "columns" in answer.text
    assert [row["name"] for row in (await api.get("/tables/")).json()["results"]] == ["chunks", "blocks"]


async def test_a_version_of_another_table(api: Api) -> None:
    one, other = await make_table(api, "one"), await make_table(api, "other")
    version = (await api.post(f"/tables/{other}/versions/", content=b"")).json()["id"]
    own = (await api.post(f"/tables/{one}/versions/", content=b"")).json()["id"]
    for operation in ("read", "create", "update", "delete"):
        more = {"table_version_id": version, "data": [{"id": ONE, "name": "x"}]}
        more |= {"filters": {"name": "x"}} if operation == "delete" else {}
        assert "table_version_id" in await refused(api, one, operation, **more)
    for path, body, field in (
        (f"/tables/{one}/set-default-version/", {"version_id": version}, "version_id"),
        ("/clear-table/", {"table_name": "one", "version_id": version}, "version_id"),
        ("/import-export-operations/", {"job_type": "export", "table_version": ONE}, "table_version"),
    ):
        answer = await api.post(path, json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])
    change = {"table_version_dependencies": {"other": version}}
    assert (await api.patch(f"/tables-versions/{own}/", json=change)).status_code == 200
    change["table_version_dependencies"] |= {"other": own}
    answer = await api.patch(f"/tables-versions/{own}/", json=change)
    assert (answer.status_code, list(answer.json())) == (400, ["table_version_dependencies.other"])
    [kept] = (await api.get(f"/tables/{one}/versions/")).json()["results"]
    assert (kept["deployed"], kept["row_count"], kept["table_version_dependencies"]) == (False, 0, {"other": version})
    third = await make_table(api, "third")
    empty = await api.get(f"/tables/{third}/latest-or-deployed-version/", params={"use_deployed_version": "True"})
    assert empty.status_code == 404


async def test_the_audit_log_says_who_changed_tables(api: Api) -> None:
    table = await make_table(api, "kept")
    await operate(api, table, "create", data=ROWS)
    version = (await api.get(f"/tables/{table}/versions/")).json()["results"][0]["id"]
    await operate(api, table, "delete", filters={"name": "Oak"})
    await api.post(f"/tables/{table}/set-default-version/", json={"version_id": version})
    await api.post("/clear-table/", json={"table_name": "kept", "version_id": version})
    await api.delete(f"/tables/{table}/")
    entries = [one for one in (await api.get("/audit-log/")).json()["results"] if one["object_id"] == table]
    assert [one["action"] for one in entries][::-1] == [
        *("table_created", "rows_created", "rows_deleted", "table_version_deployed", "table_cleared", "table_deleted")
    ]
