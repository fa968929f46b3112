"""Metadata, tags and the lists that are filtered by them."""

from typing import Any
from uuid import UUID

import pytest

from citewell.models import DocumentTag
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_upload import upload


@pytest.fixture
async def documents(api: Api) -> dict[str, str]:
    """Ids by name of three documents that nothing has been made of."""
    rows = await upload(api, {f"{name}.md": name.encode() for name in "abc"}, skip_parsing="true")
    return {row["name"][0]: row["id"] for row in rows}


async def add_tag(process: Process, api: Api, document: str, name: str, value: str) -> UUID:
    async with process.database.write() as session:
        tag = DocumentTag(project_id=UUID(api.project), document_id=UUID(document), name=name, value=value)
        session.add(tag)
        await session.flush()
        return tag.id


async def change(api: Api, document: str, operation: str, **body: str) -> Any:
    answer = await api.post(f"/documents/{document}/metadata-{operation}/", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_pairs_are_added_and_removed(api: Api, documents: dict[str, str]) -> None:
    a = documents["a"]
    await change(api, a, "add", key="year", value="2026")
    await change(api, a, "add", key="year", value="2025")
    whole = await change(api, a, "add", key="author", value="Ada")
    assert whole["metadata"] == [["year", "2026"], ["year", "2025"], ["author", "Ada"]]
    again = await change(api, a, "add", key="year", value="2026")
    assert again["metadata"] == whole["metadata"]
    values = await api.get(f"/documents/{a}/metadata-values/", params={"key": "year"})
    assert values.json() == {"key": "year", "values": ["2026", "2025"]}
    assert (await change(api, a, "remove-pair", key="year", value="1999"))["removed"] is False
    removed = await change(api, a, "remove-pair", key="year", value="2026")
    assert removed["removed"] is True
    assert removed["document"]["metadata"] == [["year", "2025"], ["author", "Ada"]]
    assert (await change(api, a, "remove-key", key="year"))["removed_count"] == 1
    assert (await change(api, a, "remove-key", key="year"))["removed_count"] == 0
    assert (await api.get(f"/documents/{a}/metadata-values/", params={"key": "year"})).json()["values"] == []


async def test_what_metadata_there_is(api: Api, documents: dict[str, str]) -> None:
    await change(api, documents["a"], "add", key="year", value="2026")
    await change(api, documents["b"], "add", key="year", value="2025")
    await change(api, documents["b"], "add", key="author", value="Ada")
    assert (await api.get("/available-document-metadata/")).json() == {"author": ["Ada"], "year": ["2025", "2026"]}
    await api.delete(f"/documents/{documents['b']}/")
    assert (await api.get("/available-document-metadata/")).json() == {"year": ["2026"]}


async def test_filter_by_metadata_ignores_case_and_takes_any(api: Api, documents: dict[str, str]) -> None:
    await change(api, documents["a"], "add", key="city", value="Zürich")
    await change(api, documents["b"], "add", key="city", value="OSLO")
    await change(api, documents["c"], "add", key="city", value="Rome")
    answer = await api.post("/documents/filter-by-metadata/", json={"metadata_values": ["ZÜRICH", "oslo", "city"]})
    assert sorted(row["name"] for row in answer.json()["results"]) == ["a.md", "b.md"]
    page = await api.post("/documents/filter-by-metadata/?limit=1", json={"metadata_values": ["zürich", "oslo"]})
    assert page.json()["count"] == 2
    assert len(page.json()["results"]) == 1
    assert page.json()["next"] is not None


async def test_documents_are_found_by_their_tags(process: Process, api: Api, documents: dict[str, str]) -> None:
    first = await add_tag(process, api, documents["a"], "kind", "Contract")
    second = await add_tag(process, api, documents["a"], "kind", "Contract")
    await add_tag(process, api, documents["b"], "kind", "invoice")
    await add_tag(process, api, documents["b"], "topic", "rent")
    assert (await api.get("/available-document-tags/")).json() == {"kind": ["Contract", "invoice"], "topic": ["rent"]}
    found = await api.post("/documents/filter-by-tag/", json={"tag_values": ["CONTRACT"]})
    assert [row["name"] for row in found.json()["results"]] == ["a.md"]
    whole = (await api.get("/document-tags-by-document/")).json()
    assert set(whole) == {documents["a"], documents["b"]}
    [tag] = whole[documents["a"]]["tags"]
    assert (tag["tag_name"], tag["tag_value"]) == ("kind", "Contract")
    assert {origin["id"] for origin in tag["origin"]} == {str(first), str(second)}
    asked = await api.get("/document-tags-by-document/", params={"document_ids": documents["c"]})
    assert asked.json() == {documents["c"]: {"tags": []}}
    await api.delete(f"/documents/{documents['b']}/")
    assert set((await api.get("/document-tags-by-document/")).json()) == {documents["a"]}
    deleted = (await api.get("/document-tags-by-document/", params={"include_deleted_rows": "true"})).json()
    assert set(deleted) == {documents["a"], documents["b"]}
    assert (await api.get("/available-document-tags/")).json() == {"kind": ["Contract"]}


async def test_tags_of_another_project_stay_there(
    process: Process, api: Api, handbook: Api, documents: dict[str, str]
) -> None:
    await add_tag(process, api, documents["a"], "kind", "secret")
    assert "kind" not in (await handbook.get("/available-document-tags/")).json()
    found = await handbook.post("/documents/filter-by-tag/", json={"tag_values": ["secret"]})
    assert found.json()["count"] == 0
    asked = await handbook.get("/document-tags-by-document/", params={"document_ids": documents["a"]})
    assert asked.json() == {}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("metadata-add/", {"key": "a"}, "value"),
        ("metadata-add/", {"key": "", "value": "x"}, "key"),
        ("metadata-add/", {"key": "a\u0000", "value": "x"}, "key"),
        ("metadata-add/", {"key": "a", "value": "x" * 2001}, "value"),
        ("metadata-remove-key/", {}, "key"),
    ],
)
async def test_wrong_metadata(api: Api, documents: dict[str, str], path: str, body: Any, field: str) -> None:
    answer = await api.post(f"/documents/{documents['a']}/{path}", json=body)
    assert answer.status_code == 400
    assert field in answer.json()


async def test_wrong_filters(api: Api) -> None:
    for name, field in (("tag", "tag_values"), ("metadata", "metadata_values")):
        for body in ({}, {field: []}, {field: "x"}):
            answer = await api.post(f"/documents/filter-by-{name}/", json=body)
            assert answer.status_code == 400
            assert field in answer.json()


async def test_metadata_has_an_end(api: Api, documents: dict[str, str]) -> None:
    rows = await upload(
        api, {"full.md": b"full"}, files_metadata=str([[[f"k{n}", "v"] for n in range(200)]]).replace("'", '"')
    )
    answer = await api.post(f"/documents/{rows[0]['id']}/metadata-add/", json={"key": "one", "value": "more"})
    assert answer.status_code == 400
    assert "200" in answer.json()["error"]
