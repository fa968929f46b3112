"""Files at signed addresses: no token, one file, for a while."""

import httpx2 as httpx
import pytest

from citewell.kit.signed_urls import UrlSigner
from citewell.process import Process
from tests.conftest import Api, until_ended
from tests.samples import HANDBOOK


async def fetch(address: str) -> httpx.Response:
    """As the public client does: without any header of the caller."""
    async with httpx.AsyncClient(timeout=60) as http:
        return await http.get(address)


async def upload(api: Api, name: str, content: bytes) -> str:
    [document] = (await api.post("/documents/bulk-upload/", files=[("files", (name, content))])).json()
    return str(document["id"])


async def test_the_address_of_a_document_needs_no_token(api: Api) -> None:
    document = await upload(api, "The handbook.md", HANDBOOK)
    for listed in (
        (await api.get("/documents/")).json()["results"][0],
        (await api.get(f"/documents/{document}/")).json(),
    ):
        answer = await fetch(listed["file"])
        assert (answer.status_code, answer.content) == (200, HANDBOOK)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert listed["file"].partition("?")[0].endswith("/The%20handbook.md")


async def test_an_address_is_good_for_its_file_only(api: Api) -> None:
    first, second = await upload(api, "a.md", b"# One"), await upload(api, "b.md", b"# Two")
    address = (await api.get(f"/documents/{first}/")).json()["file"]
    for wrong in (
        address.replace(first, second),
        address.partition("?")[0],
        address.replace("/document/", "/computed-pdf/"),
        address.replace("expires=", "expires=9"),
        address[:-1] + ("0" if address[-1] != "0" else "1"),
    ):
        answer = await fetch(wrong)
        assert answer.status_code == 403, wrong
    await api.delete(f"/documents/{first}/")
    assert (await fetch(address)).status_code == 404


async def test_local_documents_and_figures_have_such_addresses(api: Api) -> None:
    [agent] = (await api.get("/agent-settings/")).json()["results"]
    path = f"/agent-settings/{agent['id']}/local-documents/bulk-upload/"
    [local] = (await api.post(path, files=[("files", ("l.md", b"# L"))])).json()
    assert (await fetch(local["file"])).content == b"# L"


async def test_a_file_that_the_store_has_lost_is_not_an_empty_answer(process: Process, api: Api) -> None:
    document = await upload(api, "a.md", b"# One")
    await until_ended(api, [document])
    address = (await api.get(f"/documents/{document}/")).json()["file"]
    (process.settings.files_dir / api.project / document / "original").unlink()
    answer = await fetch(address)
    assert answer.status_code == 404
    assert answer.json()["code"] == "file_missing"


async def test_lists_say_which_documents_failed(api: Api) -> None:
    good, bad = await upload(api, "a.md", b"# One"), await upload(api, "b.pdf", b"%PDF-1.7 nonsense")
    await until_ended(api, [good, bad])
    for path in ("/documents/", "/documents/get-without-file/"):
        rows = (await api.get(path)).json()["results"]
        assert {row["id"]: row["status"] for row in rows} == {good: "active", bad: "failed"}
    assert (await api.get(f"/documents/{bad}/")).json()["status"] == "failed"


def test_an_address_expires() -> None:
    now = 1_000_000.0
    signer = UrlSigner(b"key", 3600, lambda: now)
    query = dict(part.split("=") for part in signer.query("a", "b").split("&"))
    expires = int(query["expires"])
    assert 3600 <= expires - now <= 3900
    signer.check(expires, query["signature"], "a", "b")
    with pytest.raises(Exception, match="expired"):
        UrlSigner(b"key", 3600, lambda: expires + 1).check(expires, query["signature"], "a", "b")
