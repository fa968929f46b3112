"""A file whose name a document has already: replaced, kept, or another document."""

import asyncio
from typing import Any

from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload

OLD, NEW = b"# Prices\n\nRye costs four crowns a sack.\n", b"# Prices\n\nRye costs nine crowns a sack.\n"


async def documents(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("/documents/")).json()["results"]
    return found


async def test_a_replaced_document_quotes_only_its_new_text(api: Api) -> None:
    [first] = await upload(api, {"prices.md": OLD})
    await until_ended(api, [first["id"]])
    [second] = await upload(api, {"prices.md": NEW}, on_conflict="replace")
    assert second["id"] == first["id"]
    statuses = await until_ended(api, [first["id"]])
    assert statuses[first["id"]]["version"] == 2
    assert [row["id"] for row in await documents(api)] == [first["id"]]


async def test_a_kept_document_is_the_answer(api: Api) -> None:
    [first] = await upload(api, {"prices.md": OLD})
    [kept, other] = await upload(api, {"prices.md": NEW, "more.md": NEW}, on_conflict="keep")
    assert kept["id"] == first["id"]
    statuses = await until_ended(api, [kept["id"], other["id"]])
    assert statuses[kept["id"]]["version"] == 1
    file = await api.http.get((await documents(api))[-1]["file"])
    assert file.content == OLD


async def test_without_a_word_it_is_another_document(api: Api) -> None:
    [first] = await upload(api, {"prices.md": OLD})
    [second] = await upload(api, {"prices.md": NEW})
    [again] = await upload(api, {"prices.md": NEW})
    assert second["id"] != first["id"]
    assert again["id"] == second["id"]


async def test_uploads_of_one_name_at_once_make_one_document(api: Api) -> None:
    contents = [f"# Prices\n\nRye costs {number} crowns.\n".encode() for number in range(4)]
    found = await asyncio.gather(*(upload(api, {"prices.md": one}, on_conflict="replace") for one in contents))
    assert len({row["id"] for [row] in found}) == 1
    [row] = (await until_ended(api, [found[0][0]["id"]])).values()
    assert row["version"] == 4


async def test_an_unknown_choice_is_refused(api: Api) -> None:
    answer = await api.post("/documents/bulk-upload/", files=[("files", ("a.md", OLD))], data={"on_conflict": "ask"})
    assert answer.status_code == 400
    assert "replace, keep or new" in answer.text
