"""What a tool may not look at is not there for it."""

from typing import Any

import pytest
from sqlalchemy import delete

from citewell.models import DocumentTag
from citewell.process import Process
from tests.agents.conftest import Towns
from tests.conftest import Api, until_ended
from tests.documents.test_metadata import add_tag
from tests.documents.test_upload import upload

ALL = {"oslo", "rome", "bern"}


def restrictions(towns: Towns) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Each restriction with the documents that pass it."""
    return {
        "select documents": (
            {"document_mode": "select_documents", "document_parameters": [{"id": towns.ids["oslo"], "name": "x"}]},
            {"oslo"},
        ),
        "exclude documents": (
            {"document_mode": "exclude_documents", "document_parameters": [towns.ids["oslo"]]},
            {"rome", "bern"},
        ),
        "select a tag by id": ({"tag_mode": "select_tags", "tag_parameters": [{"id": towns.tag}]}, {"oslo"}),
        "select a tag by value": ({"tag_mode": "select_tags", "tag_parameters": [{"tag_value": "ITALY"}]}, {"rome"}),
        "exclude a tag": ({"tag_mode": "exclude_tags", "tag_parameters": [{"tag_name": "country"}]}, {"bern"}),
        "select a collection": (
            {"collection_mode": "select_collections", "collection_parameters": ["south"]},
            {"rome"},
        ),
        "exclude a collection": (
            {"collection_mode": "exclude_collections", "collection_parameters": ["south"]},
            {"oslo", "bern"},
        ),
        "exclude the default collection": (
            {"collection_mode": "exclude_collections", "collection_parameters": ["default"]},
            {"rome"},
        ),
        "several": (
            {
                "document_mode": "exclude_documents",
                "document_parameters": [towns.ids["bern"]],
                "collection_mode": "exclude_collections",
                "collection_parameters": ["south"],
            },
            {"oslo"},
        ),
    }


KINDS = (
    "select documents",
    "exclude documents",
    "select a tag by id",
    "select a tag by value",
    "exclude a tag",
    "select a collection",
    "exclude a collection",
    "exclude the default collection",
    "several",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_restriction_holds_for_every_tool(towns: Towns, kind: str) -> None:
    fields, visible = restrictions(towns)[kind]
    for mode in ("semantic", "full_text", "hybrid"):
        search = await towns.make("retrieval", retrieval_parameters={"mode": mode}, **fields)
        assert {row["name"][:4] for row in await towns.run(search, query="hotel room")} == visible
        for document_id in towns.ids.values():
            named = await towns.run(search, query="hotel room", document_ids=[document_id])
            assert {row["name"][:4] for row in named} == {name for name in visible if towns.ids[name] == document_id}
    chunk, outline = await towns.make("get_chunk", **fields), await towns.make("get_document_outline", **fields)
    for name in ALL:
        if name in visible:
            assert (await towns.run(chunk, chunk_id=towns.chunks[name]))[0]["document_id"] == towns.ids[name]
            assert (await towns.run(outline, document_id=towns.ids[name]))[0]["chunk_count"] == 1
        else:
            told = await towns.fails(chunk, 404, "no_such_object", chunk_id=towns.chunks[name])
            assert "no such chunk" in told
            told = await towns.fails(outline, 404, "no_such_object", document_id=towns.ids[name])
            assert "no such document" in told
    listing = await towns.make("document_retrieval", **fields)
    assert {row["name"][:4] for row in await towns.run(listing)} == visible
    for mode, query in (("name_only", "hotels bern taxes"), ("content", "room"), ("tags", "norway italy")):
        finder = await towns.make("document_retrieval", retrieval_mode=f"identify_document_from_their_{mode}", **fields)
        found = {row["name"][:4] for row in await towns.run(finder, query=query)}
        assert found == (visible - {"bern"} if mode == "tags" else visible)
    finder = await towns.make("find_text", **fields)
    assert {row["name"][:4] for row in await towns.run(finder, pattern="hotel  ROOM")} == visible
    pages = await towns.make("read_pages", **fields)
    for name in ALL - visible:
        await towns.fails(pages, 404, "no_such_object", document_id=towns.ids[name], from_page=1)
    statistics = await towns.make("data_statistics", **fields)
    [counted] = await towns.run(statistics, group_by="document")
    assert counted["total"] == len(visible)
    assert {group["label"][:4] for group in counted["groups"]} == visible


async def test_a_restriction_is_shown_as_clients_write_it(towns: Towns) -> None:
    fields, _ = restrictions(towns)["select documents"]
    tool = await towns.make("get_chunk", **fields)
    shown = (await towns.api.get(f"/tools/{tool}/")).json()
    assert shown["document_mode"] == "select_documents"
    assert shown["document_parameters"] == [{"id": towns.ids["oslo"], "name": "oslo hotels.md"}]
    again = await towns.api.post("/tools/", json=shown)
    assert again.status_code == 201, again.text
    assert again.json()["document_parameters"] == shown["document_parameters"]


async def test_a_restriction_outlives_what_it_names(process: Process, api: Api) -> None:
    """Tags are made anew under other ids, documents are deleted: what was left out stays out, and a tool whose document
    is gone can still be changed."""
    rows = await upload(api, {"public.md": b"A public word.", "secret.md": b"A secret word."})
    ids = {row["name"]: row["id"] for row in rows}
    await until_ended(api, list(ids.values()))
    tag = await add_tag(process, api, ids["secret.md"], "Level", "secret")
    body = {
        "name": "Open",
        "tool_type": "document_retrieval",
        "tag_mode": "exclude_tags",
        "tag_parameters": [{"id": str(tag)}],
        "document_mode": "select_documents",
        "document_parameters": [{"id": one} for one in ids.values()],
    }
    made = (await api.post("/tools/", json=body)).json()
    assert made["tag_parameters"][0]["tag_value"] == "secret"
    async with process.database.write() as session:
        await session.execute(delete(DocumentTag).where(DocumentTag.id == tag))
    await add_tag(process, api, ids["secret.md"], "Level", "secret")
    found = await api.post(f"/tools/{made['id']}/run/", json={})
    assert [row["name"] for row in found.json()] == ["public.md"]

    await api.delete(f"/documents/{ids['public.md']}/")
    await until_ended(api, [ids["public.md"]])
    assert (await api.post(f"/tools/{made['id']}/run/", json={})).json() == []
    changed = await api.http.put(
        f"{api.base}/tools/{made['id']}/", json={"name": "Renamed", "tool_type": "document_retrieval"}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["document_parameters"] == made["document_parameters"]
    resent = await api.http.put(f"{api.base}/tools/{made['id']}/", json=changed.json())
    assert resent.status_code == 400
    assert ids["public.md"] in resent.json()["document_parameters"][0]
