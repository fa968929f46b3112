"""Files in an object store: S3, Google Cloud Storage and Azure, also ones that fail."""

import contextlib
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2 as httpx
import pytest
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore

from citewell.errors import FileMissing, SetupError, StorageUnavailable
from citewell.kit.outages import explain, outage
from citewell.storage import FileStore
from citewell.storage.places import open_bucket
from tests.s3 import BUCKET, OPTIONS, S3, azure_options, azurite, s3_server


@pytest.fixture(scope="module", params=["s3", "gs", "az"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[tuple[S3, FileStore]]:
    """A store of each cloud, behind the proxy that fails when it is told to."""
    async with azurite() if request.param == "az" else s3_server() as server:
        if request.param == "s3":
            options = OPTIONS | {"endpoint": server.address}
        else:
            options = server.google_options() if request.param == "gs" else azure_options(server)
        yield server, FileStore.at(f"{request.param}://{BUCKET}/{request.param}", options)


@pytest.fixture
def s3(store: tuple[S3, FileStore]) -> S3:
    return store[0]


@pytest.fixture
def files(store: tuple[S3, FileStore]) -> FileStore:
    return store[1]


async def read(files: FileStore, key: str) -> bytes:
    return b"".join([piece async for piece in await files.open(key)])


@pytest.mark.parametrize("size", [0, 10, 12 * 1024 * 1024])
async def test_a_file_comes_back_as_it_was(files: FileStore, size: int) -> None:
    data = os.urandom(size)
    stored = await files.put_stream("a/b/original", io.BytesIO(data), download_name="a \u00e9.pdf")
    assert stored.size == size == await files.size("a/b/original")
    assert await read(files, "a/b/original") == data
    async with files.local_path("a/b/original") as path:
        assert path.read_bytes() == data
        assert path.name.startswith(f"citewell-tmp-{os.getpid()}-"), "a killed process leaves no copy behind"
    await files.copy("a/b/original", "a/b/copy")
    assert {item.key async for batch in files.list("a/b") for item in batch} == {"a/b/original", "a/b/copy"}
    await files.delete_prefix("a/b")
    assert not await files.exists("a/b/copy")
    await files.delete("a/b/copy")


async def test_an_object_is_created_once(files: FileStore) -> None:
    assert await files.create("once", b"first")
    assert not await files.create("once", b"second")
    assert await files.get("once") == b"first"


async def test_a_missing_file_is_an_error_before_the_first_byte(files: FileStore, tmp_path: Path) -> None:
    for store in (files, FileStore.local(tmp_path)):
        with pytest.raises(FileMissing):
            await store.open("none/original")
        with pytest.raises(FileMissing):
            async with store.local_path("none/original"):
                pass
        with pytest.raises(FileNotFoundError):
            await store.size("none/original")


async def test_signed_addresses_read_and_write_one_object(files: FileStore) -> None:
    async with httpx.AsyncClient() as http:
        address = await files.address("PUT", "direct", 60)
        put = await http.put(address, content=b"by the client", headers=files.upload_headers())
        assert put.is_success
        got = await http.get(await files.address("GET", "direct", 60))
        assert got.content == await files.get("direct") == b"by the client"
    await files.put_stream("named", io.BytesIO(b"x"), download_name="Q3 r\u00e9sum\u00e9.pdf")
    async with httpx.AsyncClient() as http:
        named = await http.get(await files.address("GET", "named", 60))
    assert named.headers["Content-Disposition"].endswith("Q3%20r%C3%A9sum%C3%A9.pdf")


async def test_a_store_that_refuses_for_a_moment_is_asked_again(files: FileStore, s3: S3) -> None:
    s3.faults.refuse = 2
    await files.put("again", b"content")
    s3.faults.refuse = 2
    assert await files.get("again") == b"content"


async def test_an_answer_that_is_cut_off_is_never_taken_for_the_whole(files: FileStore, s3: S3) -> None:
    data = os.urandom(3 * 1024 * 1024)
    await files.put("long", data)
    s3.faults.cut = 1024 * 1024
    try:
        with contextlib.suppress(StorageUnavailable):
            assert await read(files, "long") == data  # the rest may have been asked for
    finally:
        s3.faults.cut = None
    assert await read(files, "long") == data


async def test_a_slow_store_is_waited_for(files: FileStore, s3: S3) -> None:
    s3.faults.delay = 0.3
    try:
        await files.put("slow", b"content")
        assert await files.get("slow") == b"content"
    finally:
        s3.faults.delay = 0.0


async def test_a_store_that_is_away_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citewell.storage.places._RETRIES", {"max_retries": 0})
    files = FileStore.at(f"s3://{BUCKET}", OPTIONS | {"endpoint": "http://127.0.0.1:9"})
    with pytest.raises(BaseError) as raised:
        await files.put("x", b"y")
    found = explain(raised.value)
    assert found is not None
    assert found.code == "storage_unavailable"
    assert outage(raised.value) == "store_away"  # jobs wait for it


@pytest.mark.parametrize("url", ["http://example.org/files", "ftp://x", "s3://"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="CITEWELL_FILES_URL"):
        FileStore.at(url, {})


def test_the_other_clouds_are_known() -> None:
    assert isinstance(open_bucket("az://box/files", {"account_name": "a", "account_key": "a2V5"}), AzureStore)
    assert isinstance(open_bucket("gs://box/files", {"skip_signature": "true"}), GCSStore)
    with pytest.raises(SetupError, match="CITEWELL_FILES_OPTIONS"):
        open_bucket("s3://box", {"no_such_option": "1"})


async def test_a_folder_by_path_or_url(tmp_path: Path) -> None:
    for url in (str(tmp_path / "one"), f"file://{tmp_path}/one"):
        files = FileStore.at(url, {})
        assert files.is_local
        assert not files.gives_addresses
        await files.put("k", b"v")
    assert (tmp_path / "one" / "k").read_bytes() == b"v"
