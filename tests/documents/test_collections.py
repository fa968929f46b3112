"""Collections: names, slugs that never change, and moves."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Api
from tests.documents.test_upload import upload


async def make(api: Api, name: str) -> dict[str, Any]:
    answer = await api.post("/document-collections/", json={"name": name})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sizes(api: Api) -> dict[str, int]:
    rows = (await api.get("/document-collections/")).json()["results"]
    return {row["slug"]: row["document_count"] for row in rows}


async def test_slugs_are_made_once(api: Api) -> None:
    assert (await make(api, "Verträge & Fristen"))["slug"] == "vertrage-fristen"
    assert (await make(api, "Verträge: Fristen"))["slug"] == "vertrage-fristen-2"
    assert (await make(api, "合同"))["slug"] == "collection"
    renamed = await api.http.patch(f"{api.base}/document-collections/collection/", json={"name": "Contracts"})
    assert renamed.json()["slug"] == "collection"
    assert renamed.json()["name"] == "Contracts"


async def test_names_are_taken_once(api: Api) -> None:
    await make(api, "Contracts")
    for name in ("contracts", "CONTRACTS ", "Default"):
        answer = await api.post("/document-collections/", json={"name": name})
        assert answer.status_code == 400, name
        assert "name" in answer.json()


async def test_a_name_is_taken_once_by_requests_that_come_together(api: Api) -> None:
    """Those of one name, and those of different names with the same slug."""
    same = await asyncio.gather(*(api.post("/document-collections/", json={"name": "Contracts"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in same) == [201] + [400] * 7
    names = [f"Contracts{sign}" for sign in "!?&%"]
    others = await asyncio.gather(*(api.post("/document-collections/", json={"name": name}) for name in names))
    assert [answer.status_code for answer in others] == [201] * 4
    assert len({answer.json()["slug"] for answer in others}) == 4


async def test_documents_move_and_come_back(api: Api) -> None:
    rows = await upload(api, {f"{name}.md": name.encode() for name in "abcd"}, skip_parsing="true")
    ids = [row["id"] for row in rows]
    await make(api, "Contracts")
    assert await sizes(api) == {"default": 4, "contracts": 0}
    moved = await api.post("/document-collections/contracts/move-documents/", json={"document_ids": ids[:3]})
    assert moved.json() == {"moved": 3}
    assert await sizes(api) == {"default": 1, "contracts": 3}
    again = await api.post("/document-collections/contracts/move-documents/", json={"document_ids": ids[:3]})
    assert again.json() == {"moved": 0}
    inside = (await api.get("/documents/", params={"collection": "contracts"})).json()
    assert sorted(row["id"] for row in inside["results"]) == sorted(ids[:3])
    outside = (await api.get("/documents/get-without-file/", params={"collection": "default"})).json()
    assert [row["id"] for row in outside["results"]] == [ids[3]]
    back = await api.post("/document-collections/default/move-documents/", json={"document_ids": ids[:1]})
    assert back.json() == {"moved": 1}
    assert (await api.delete("/document-collections/contracts/")).status_code == 204
    assert await sizes(api) == {"default": 4}


async def test_moves_are_all_or_nothing_and_bounded(api: Api, handbook: Api) -> None:
    [row] = await upload(api, {"a.md": b"a"}, skip_parsing="true")
    foreign = (await handbook.get("/documents/")).json()["results"][0]["id"]
    await make(api, "Contracts")
    for stranger in (str(uuid4()), foreign):
        answer = await api.post(
            "/document-collections/contracts/move-documents/", json={"document_ids": [row["id"], stranger]}
        )
        assert answer.status_code == 400
        assert stranger in answer.json()["document_ids"][0]
    assert await sizes(api) == {"default": 1, "contracts": 0}
    many = [str(uuid4()) for _ in range(201)]
    answer = await api.post("/document-collections/contracts/move-documents/", json={"document_ids": many})
    assert answer.status_code == 400
    assert "200" in str(answer.json())


@pytest.mark.parametrize("slug", ["default", "unknown"])
async def test_what_cannot_be_changed(api: Api, slug: str) -> None:
    expected = 400 if slug == "default" else 404
    assert (await api.delete(f"/document-collections/{slug}/")).status_code == expected
    renamed = await api.http.patch(f"{api.base}/document-collections/{slug}/", json={"name": "X"})
    assert renamed.status_code == expected
