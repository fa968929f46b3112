"""Sources, read from real servers on this machine: what is new, changed and gone there follows here."""

import contextlib
import ipaddress
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from citewell.connectors import slices
from citewell.connectors.kinds import opened as opened_source
from citewell.connectors.sigv4 import signed_headers
from citewell.connectors.site_pages import page_name
from citewell.connectors.slices import Slice
from citewell.connectors.state import Sync
from citewell.connectors.sync import _reserve
from citewell.connectors.tasks import begin_due
from citewell.kit.public_http import PublicFetcher
from citewell.models import Source, SourceItem
from citewell.process import Process
from tests.conftest import Api
from tests.connectors.servers import Site, dovecot, site_on_this_machine
from tests.waiting import until

WAIT = 120.0
COUNTS = ("added", "changed", "unchanged", "deleted", "failed")


@pytest.fixture(autouse=True)
def opened(process: Process, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The administrator lets sources reach this machine, and read below this folder."""
    root = tmp_path / "open"
    root.mkdir()
    monkeypatch.setattr(process, "outside", PublicFetcher([ipaddress.ip_network("127.0.0.0/8")]))
    monkeypatch.setattr(process.settings, "source_folders", [root])
    return root


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with site_on_this_machine() as made:
        yield made


async def add(api: Api, kind: str, config: dict[str, Any], **more: Any) -> str:
    answer = await api.post("/document-sources/", json={"kind": kind, "name": kind, "config": config, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ended(api: Api, source: str) -> dict[str, Any]:
    async def last_sync() -> dict[str, Any]:
        answer = await api.get(f"/document-sources/{source}/")
        assert answer.status_code == 200, answer.text
        return answer.json()["last_sync"] or {"state": "running"}

    return await until(last_sync, lambda last: last["state"] != "running")


async def sync(api: Api, source: str, **body: Any) -> dict[str, Any]:
    await ended(api, source)
    answer = await api.post(f"/document-sources/{source}/sync/", json=body)
    assert answer.status_code == 202, answer.text
    return await ended(api, source)


def counts(sync: dict[str, Any]) -> dict[str, int]:
    assert sync["state"] == "completed", sync["error"]
    return {name: sync[name] for name in COUNTS if sync[name]}


async def names(api: Api) -> set[str]:
    return {row["name"] for row in (await api.get("/documents/")).json()["results"]}


async def test_files_of_a_folder_are_added_changed_and_removed(api: Api, opened: Path) -> None:
    (opened / "deep").mkdir()
    (opened / "a.txt").write_text("A hotel room costs 120 EUR.")
    (opened / "deep" / "a.txt").write_text("A hotel room costs 120 EUR.")  # the same content elsewhere
    (opened / "b.md").write_text("# B")
    (opened / "program.exe").write_text("no document")
    (opened / ".hidden.txt").write_text("hidden")
    (opened / "link.txt").symlink_to("/etc/passwd")
    source = await add(api, "folder", {"path": str(opened)})
    assert counts(await ended(api, source)) == {"added": 3}
    assert await names(api) == {"a.txt", "b.md"}
    assert counts(await sync(api, source)) == {"unchanged": 3}

    (opened / "a.txt").write_text("A hotel room costs 130 EUR.")
    os.utime(opened / "b.md", ns=(1, 1))  # touched, with the same content
    (opened / "deep" / "a.txt").unlink()
    (opened / "c.txt").write_text("C")
    assert counts(await sync(api, source)) == {"added": 1, "changed": 2, "deleted": 1}
    found = {row["name"]: row["id"] for row in (await api.get("/documents/")).json()["results"]}
    assert set(found) == {"a.txt", "b.md", "c.txt"}
    versions = {
        name: (await api.get(f"/documents/{found[name]}/versions/")).json()["results"] for name in ("a.txt", "b.md")
    }
    assert {name: len(rows) for name, rows in versions.items()} == {"a.txt": 2, "b.md": 1}


async def test_a_folder_that_is_not_mounted_deletes_nothing(api: Api, opened: Path) -> None:
    (opened / "a.txt").write_text("A")
    source = await add(api, "folder", {"path": str(opened)})
    await ended(api, source)
    (opened / "a.txt").unlink()
    failed = await sync(api, source)
    assert (failed["state"], "allow_empty" in failed["error"]) == ("failed", True)
    assert await names(api) == {"a.txt"}
    assert counts(await sync(api, source, allow_empty=True)) == {"deleted": 1}
    assert await names(api) == set()


@pytest.mark.parametrize("path", ["/etc", "/", "{opened}/../..", "{opened}/out"])
async def test_folders_that_are_not_open(api: Api, opened: Path, path: str) -> None:
    (opened / "out").symlink_to("/etc")
    config = {"path": path.format(opened=opened)}
    answer = await api.post("/document-sources/", json={"kind": "folder", "name": "x", "config": config})
    assert (answer.status_code, list(answer.json())) == (400, ["config.path"])
    git = await api.post("/document-sources/", json={"kind": "git", "name": "x", "config": {"url": config["path"]}})
    assert git.status_code == 400


async def test_a_document_that_is_deleted_here_and_removing_the_source(api: Api, opened: Path) -> None:
    """What a person deleted stays away until it changes at the source."""
    for name in ("a.txt", "b.txt"):
        (opened / name).write_text(name)
    source = await add(api, "folder", {"path": str(opened)})
    await ended(api, source)
    found = {row["name"]: row for row in (await api.get("/documents/")).json()["results"]}
    assert found["a.txt"]["source"] == "folder"
    await api.delete(f"/documents/{found['a.txt']['id']}/")
    assert counts(await sync(api, source)) == {"unchanged": 2}
    assert await names(api) == {"b.txt"}
    (opened / "a.txt").write_text("another")
    assert counts(await sync(api, source)) == {"added": 1, "unchanged": 1}
    assert (await api.delete(f"/document-sources/{source}/", params={"delete_documents": "true"})).status_code == 204
    await until(lambda: api.get(f"/document-sources/{source}/"), lambda one: one.status_code == 404)
    assert await names(api) == set()


async def test_a_killed_sync_continues_where_it_was(process: Process, api: Api, opened: Path) -> None:
    """Killed after documents were stored and before that was noted: none is there twice."""
    for number in range(3):
        (opened / f"{number}.txt").write_text(str(number))
    source = await add(api, "folder", {"path": str(opened)})
    await ended(api, source)
    async with process.database.write() as session:
        change = "UPDATE source_items SET state = 'pending', mark = NULL WHERE source_id = :id"
        await session.execute(text(change), {"id": UUID(source)})
    assert counts(await sync(api, source)) == {"changed": 3}
    assert (await api.get("/documents/")).json()["count"] == 3


async def test_a_source_with_a_schedule_is_synced_when_it_is_due(process: Process, api: Api, opened: Path) -> None:
    (opened / "a.txt").write_text("A")
    source = await add(api, "folder", {"path": str(opened)}, every_minutes=60)
    first = await ended(api, source)
    async with process.database.write() as session:
        change = text("UPDATE sources SET next_sync_at = clock_timestamp() WHERE id = :id")
        await session.execute(change, {"id": UUID(source)})
    assert await begin_due(process) >= 1
    assert (await ended(api, source))["id"] != first["id"]
    found = (await api.get(f"/document-sources/{source}/")).json()
    assert datetime.fromisoformat(found["next_sync_at"]) > datetime.fromisoformat(first["created_at"])


async def test_pages_below_an_address_are_read_as_far_as_robots_txt_allows(api: Api, site: Site) -> None:
    page = '<title>{0}</title><h1>{0}</h1><p>About {0}.</p><a href="/docs/more">more</a><a href="/other/">other</a>'
    site.pages |= {
        "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /docs/secret\n"),
        "/docs/": ("text/html", page.format("start") + '<a href="secret">secret</a><a href="away">away</a>'),
        "/docs/more": ("text/html", page.format("more")),
        "/docs/secret": ("text/html", "secret"),
        "/other/": ("text/html", "not below the prefix"),
    }
    site.redirects["/docs/away"] = "http://127.0.0.1/inside"
    source = await add(api, "web", {"url": f"{site.url}/docs/", "pause_seconds": 0})
    assert counts(await ended(api, source)) == {"added": 2}
    assert await names(api) == {"docs.html", "more.html"}
    assert not {"/docs/secret", "/other/"} & {path for path, _ in site.asked}
    site.asked.clear()
    assert counts(await sync(api, source)) == {"unchanged": 2}
    assert {status for path, status in site.asked if path in ("/docs/", "/docs/more")} == {304}
    site.pages["/docs/more"] = ("text/html", page.format("much more"))
    assert counts(await sync(api, source)) == {"changed": 1, "unchanged": 1}
    del site.pages["/docs/more"]
    assert counts(await sync(api, source)) == {"unchanged": 1, "deleted": 1}


async def test_the_pages_of_a_sitemap_are_each_asked_for_once(
    api: Api, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is a slice of its own, as it is for a site that wants long pauses: nothing is asked for twice."""
    monkeypatch.setattr(slices, "_LONGEST_HELD", -1)
    listed = "".join(f"<url><loc>{site.url}/{name}</loc></url>" for name in ("a", "b", "gone"))
    site.pages |= {
        "/sitemap.xml": ("application/xml", f"<urlset>{listed}</urlset>"),
        "/a": ("text/html", "<p>A page.</p>"),
        "/b": ("text/html", "<p>Another.</p>"),
    }
    source = await add(api, "web", {"url": f"{site.url}/sitemap.xml", "mode": "sitemap", "pause_seconds": 0})
    assert counts(await ended(api, source)) == {"added": 2}
    looked_at_and_fetched = {"/robots.txt": 1, "/sitemap.xml": 1, "/a": 2, "/b": 2, "/gone": 1}
    assert Counter(path for path, _ in site.asked) == looked_at_and_fetched


async def test_a_slot_is_given_back_for_a_long_pause() -> None:
    now = 0.0
    part = Slice(lambda: now)
    assert await part.goes_on(0)
    assert (await part.goes_on(6.5), part.is_over, part.wait_seconds) == (False, True, 7)
    part = Slice(lambda: now)
    now = 31.0
    assert (await part.goes_on(0), part.wait_seconds) == (False, 0)


def test_documents_of_web_pages_are_named_after_their_path() -> None:
    assert page_name("https://example.org/") == "example.org.html"
    assert page_name("https://example.org/a/b.html") == "b.html"
    assert page_name("https://example.org/a%2Fb?x=1") == "a-b x=1.html"
    assert page_name("https://example.org/report.pdf", "application/pdf") == "report.pdf"


async def test_a_feed_keeps_what_it_no_longer_names(api: Api, site: Site) -> None:
    entry = "<item><guid>{0}</guid><title>{0}</title><link>{1}/{0}</link></item>"
    feed = "<rss version='2.0'><channel><title>News</title>{}</channel></rss>"
    site.pages |= {
        "/feed": ("application/rss+xml", feed.format(entry.format("one", site.url))),
        "/one": ("text/html", "<p>The first.</p>"),
        "/two": ("text/html", "<p>The second.</p>"),
    }
    source = await add(api, "rss", {"url": f"{site.url}/feed"})
    assert counts(await ended(api, source)) == {"added": 1}
    assert counts(await sync(api, source)) == {"unchanged": 1}
    both = entry.format("two", site.url) + entry.format("three", site.url)
    site.pages["/feed"] = ("application/rss+xml", feed.format(both))
    last = await sync(api, source)
    assert counts(last) == {"added": 1, "failed": 1}
    [failed] = (await api.get(f"/document-sources/{source}/items/", params={"state": "failed"})).json()["results"]
    assert (failed["key"], "404" in failed["error"]) == ("three", True)
    assert await names(api) == {"one.html", "two.html"}


async def test_a_git_repository(api: Api, opened: Path, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *identity, *arguments], cwd=work, check=True, capture_output=True)

    work, bare = tmp_path / "work", opened / "docs.git"
    (work / "docs").mkdir(parents=True)
    git("init", "--quiet")
    (work / "docs" / "a.md").write_text("# A")
    (work / "README.md").write_text("outside of the path")
    (work / "docs" / "link.md").symlink_to("/etc/passwd")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("clone", "--quiet", "--bare", ".", str(bare))
    source = await add(api, "git", {"url": str(bare), "path": "docs"})
    assert counts(await ended(api, source)) == {"added": 1}
    assert counts(await sync(api, source)) == {"unchanged": 1}
    (work / "docs" / "a.md").write_text("# A, again")
    (work / "docs" / "b.md").write_text("# B")
    git("add", "-A")
    git("commit", "-qm", "two")
    git("push", "--quiet", str(bare), "HEAD:main")
    assert counts(await sync(api, source)) == {"added": 1, "changed": 1}


async def test_objects_of_a_bucket_are_added_changed_and_removed(api: Api) -> None:
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    import boto3

    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        keys = {"aws_access_key_id": "id", "aws_secret_access_key": "a secret key"}
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        client.create_bucket(Bucket="reports")
        for key in ("in/a b.txt", "in/deep/ü.txt", "out/c.txt"):
            client.put_object(Bucket="reports", Key=key, Body=key.encode())
        credentials = {"access_key_id": "id", "secret_access_key": "a secret key"}
        config = {"bucket": "reports", "prefix": "in/", "endpoint": endpoint}
        source = await add(api, "s3", config, credentials=credentials)
        assert counts(await ended(api, source)) == {"added": 2}
        shown = (await api.get("/document-sources/")).text + (await api.get("/audit-log/")).text
        assert "a secret key" not in shown
        client.put_object(Bucket="reports", Key="in/a b.txt", Body=b"changed")
        client.delete_object(Bucket="reports", Key="in/deep/ü.txt")
        assert counts(await sync(api, source)) == {"changed": 1, "deleted": 1}
        elsewhere = {"config": config | {"endpoint": "https://example.org"}}
        answer = await api.patch(f"/document-sources/{source}/", json=elsewhere)
        assert (answer.status_code, list(answer.json())) == (400, ["credentials"])
        client.delete_object(Bucket="reports", Key="in/a b.txt")
        failed = await sync(api, source)
        assert failed["state"] == "failed"
    finally:
        running.stop()


def test_the_signature_of_amazons_own_example() -> None:
    """From "Signature Calculations for the Authorization Header" in Amazon's manual of S3."""
    signed = signed_headers(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        region="us-east-1",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        at=datetime(2013, 5, 24, tzinfo=UTC),
        headers={"Range": "bytes=0-9"},
    )
    assert signed["authorization"].endswith("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


async def test_messages_of_a_mailbox_are_added_with_the_right_password(
    api: Api, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if shutil.which("dovecot") is None:
        pytest.skip("dovecot is not installed")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(_short_folder()))
        mailbox = stack.enter_context(dovecot(folder))
        mailbox.put("1.eml", "Prices of rooms", "A hotel room costs 120 EUR.")
        config = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
        wrong = {"username": "ada", "password": "wrong"}
        source = await add(api, "imap", config, credentials=wrong)
        failed = await ended(api, source)
        assert (failed["state"], "password is wrong" in failed["error"]) == ("failed", True)
        right = {"credentials": {"username": "ada", "password": "secret"}}
        assert (await api.patch(f"/document-sources/{source}/", json=right)).status_code == 200
        assert counts(await sync(api, source)) == {"added": 1}
        assert await names(api) == {"Prices of rooms.eml"}
        mailbox.put("2.eml", "More", "More.")
        assert counts(await sync(api, source)) == {"added": 1, "unchanged": 1}
        mailbox.remove("1.eml")
        assert counts(await sync(api, source)) == {"unchanged": 1, "deleted": 1}


def _short_folder() -> Any:
    import tempfile

    return tempfile.TemporaryDirectory(prefix="cw-imap-")


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("web", {"url": "http://10.0.0.1/"}),
        ("rss", {"url": "http://[::ffff:169.254.169.254]/feed"}),
        ("git", {"url": "https://192.168.1.1/x.git"}),
        ("s3", {"bucket": "abc", "endpoint": "http://[64:ff9b::a00:1]"}),
    ],
)
async def test_private_addresses_are_refused_at_once(api: Api, kind: str, config: dict[str, Any]) -> None:
    answer = await api.post("/document-sources/", json={"kind": kind, "name": "x", "config": config})
    assert answer.status_code == 400, answer.text
    assert "not an address of the public Internet" in answer.text


@pytest.mark.parametrize(
    ("kind", "config", "credentials"),
    [
        ("web", {"url": "http://localhost:{port}/"}, None),
        ("git", {"url": "http://localhost:{port}/x.git"}, None),
        ("s3", {"bucket": "abc", "endpoint": "http://localhost:{port}"}, None),
        ("imap", {"host": "localhost", "port": 1}, {"username": "a", "password": "b"}),
    ],
)
async def test_names_that_lead_inside_are_refused_when_they_are_read(
    process: Process, monkeypatch: pytest.MonkeyPatch, api: Api, site: Site, kind: str, config: Any, credentials: Any
) -> None:
    monkeypatch.setattr(process, "outside", PublicFetcher([ipaddress.ip_network("10.0.0.0/8")]))
    port = site.url.rpartition(":")[2]
    config = {name: value.format(port=port) if isinstance(value, str) else value for name, value in config.items()}
    source = await add(api, kind, config, credentials=credentials)
    failed = await ended(api, source)
    assert (failed["state"], "not on the public Internet" in failed["error"]) == ("failed", True), failed["error"]
    assert site.asked == []


async def test_wrong_configurations_name_the_field(api: Api) -> None:
    for kind, config, field in (
        ("web", {"url": "https://example.org/", "max_pages": 0}, "config.max_pages"),
        ("git", {"url": "https://example.org/x.git", "branch": "--upload-pack=touch"}, "config.branch"),
        ("git", {"url": "ext::sh -c id"}, "config.url"),
        ("imap", {"host": "mail.example.org"}, "credentials.username"),
        ("s3", {"bucket": "abc", "color": "red"}, "config.color"),
    ):
        answer = await api.post("/document-sources/", json={"kind": kind, "name": "x", "config": config})
        assert answer.status_code == 400, answer.text
        assert field in answer.json(), answer.text


async def test_one_odd_name_stops_no_source(api: Api, opened: Path, site: Site) -> None:
    """Neither a file name that is no UTF-8, nor a page whose address holds a NUL."""
    odd = os.path.join(os.fsencode(opened), b"b\xff.txt")
    for path in (os.path.join(os.fsencode(opened), b"a.txt"), odd):
        Path(os.fsdecode(path)).write_text("A room costs 120 EUR.")
    source = await add(api, "folder", {"path": str(opened)})
    assert counts(await ended(api, source)) == {"added": 2}
    assert await names(api) == {"a.txt", "b\ufffd.txt"}
    Path(os.fsdecode(odd)).unlink()
    assert counts(await sync(api, source)) == {"unchanged": 1, "deleted": 1}
    site.pages |= {"/": ("text/html", '<a href="/b%00.html">b</a>'), "/b%00.html": ("text/html", "<p>A page.</p>")}
    site.pages["/b\0.html"] = site.pages["/b%00.html"]
    source = await add(api, "web", {"url": f"{site.url}/", "pause_seconds": 0})
    last = await ended(api, source)
    assert (last["state"], last["added"]) == ("completed", 2), last


async def test_a_listing_with_gaps_deletes_nothing(api: Api, site: Site) -> None:
    """Also when a job after the one that listed goes on with the sync."""
    site.pages |= {
        "/": ("text/html", '<a href="/a">a</a><a href="/b">b</a>'),
        "/a": ("text/html", "<p>A.</p>"),
        "/b": ("text/html", "<p>B.</p>"),
    }
    source = await add(api, "web", {"url": f"{site.url}/", "pause_seconds": 0})
    assert counts(await ended(api, source)) == {"added": 3}
    config = {"url": f"{site.url}/", "pause_seconds": 0, "max_pages": 2}
    assert (await api.patch(f"/document-sources/{source}/", json={"config": config})).status_code == 200
    last = await sync(api, source)
    assert (counts(last), last["is_complete"]) == ({"unchanged": 2}, False)
    assert await names(api) == {"127.0.0.1.html", "a.html", "b.html"}


async def test_two_workers_with_one_sync_add_no_document_twice(process: Process, api: Api, opened: Path) -> None:
    """A worker that stood still goes on after its job was given to another."""
    (opened / "a.txt").write_text("A")
    source = await add(api, "folder", {"path": str(opened)})
    last = await ended(api, source)
    async with process.database.read() as session:
        [row] = await session.scalars(select(SourceItem).where(SourceItem.source_id == UUID(source)))
        owner = await session.get_one(Source, (row.project_id, row.source_id))
        session.expunge_all()
    document, row.document_id = row.document_id, None  # as it was when the first worker read it
    async with opened_source(process, owner) as connector:
        running = Sync(process, owner, UUID(last["id"]), connector, Slice())
        assert await _reserve(running, row) == (document, False)
