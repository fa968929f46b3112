"""Sources that are hostile or out of order: they fail by themselves, and nothing is lost that is still there."""

import asyncio
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as server
from pydantic import SecretStr

from citewell.connectors import folder, git, imap, rss, s3, web
from citewell.connectors.http import get
from citewell.connectors.protocol import Connector, ConnectorContext, Credentials, Item, SourceError
from citewell.connectors.site_pages import links, locations
from citewell.connectors.storable import row_key, storable_item
from citewell.ingestion.parsing.isolation import Isolation, available
from citewell.kit.public_http import PublicFetcher
from tests.connectors.test_fetching import context, served

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
LARGE = 1_000_000
Answers = dict[str, Callable[[], server.Response]]


def opened(root: Path) -> ConnectorContext:
    return ConnectorContext(PublicFetcher([ipaddress.ip_network("127.0.0.0/8")]), root / "cache", (root,), 2**20)


async def listed(source: Connector, checkpoint: dict[str, Any] | None = None) -> dict[str, Item]:
    return {item.key: item async for item in source.list(checkpoint or {}) if item is not None}


def html(*hrefs: str) -> Callable[[], server.Response]:
    text = "".join(f'<a href="{href}">a</a>' for href in hrefs)
    return lambda: server.Response(text=text, content_type="text/html")


@asynccontextmanager
async def site(answers: Answers) -> AsyncIterator[str]:
    """A site whose pages are those of `answers`, which may be changed; its address."""

    async def answer(request: server.Request) -> server.Response:
        return answers.get(request.path, lambda: server.Response(status=404))()

    async with served(answer) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def crawler(url: str, tmp_path: Path, **more: Any) -> AsyncIterator[web.Site]:
    config = web.Config(url=f"{url}/", pause_seconds=0, **more)
    async with web.open_source(config, Credentials(), context(tmp_path)) as source:
        yield source


def test_sitemaps_that_would_take_hours() -> None:
    """A pattern that goes back over blanks, or over CDATA without an end, takes at least the square of their number."""
    assert not [*locations(b"<loc>" + b" " * LARGE)]
    assert not [*locations(b"<loc><![CDATA[" * (LARGE // 14))]
    assert not [*locations(b"<loc>http://[x</loc>")]
    listed = b"<loc>\n https://a.example/1?a=1&amp;b=2 </loc><loc><![CDATA[https://a.example/2]]></loc>"
    assert [*locations(listed)] == ["https://a.example/1?a=1&b=2", "https://a.example/2"]


def test_pages_whose_tags_are_nested_without_end() -> None:
    page = b"<div>" * (LARGE // 5) + b'<a href="/a#part">a</a><a href="http://[x">b</a><a href="/b&amp;c">'
    found = links("https://a.example/", page, lambda url: not url.endswith("/z"))
    assert found == ["https://a.example/a", "https://a.example/b&c"]


async def test_every_file_of_a_folder_is_listed(tmp_path: Path) -> None:
    root = tmp_path / "files"
    root.mkdir()
    names = {f"{number:04}.txt" for number in range(1203)}
    for name in names:
        (root / name).touch()
    async with folder.open_source(folder.Config(path=str(root)), Credentials(), opened(root)) as source:
        assert set(await listed(source)) == names


@pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500])
async def test_a_page_that_cannot_be_read_now_stays(tmp_path: Path, status: int) -> None:
    """And so does what only its links lead to. A page is gone where the site says so."""
    answers: Answers = {"/": html("/a", "/c"), "/a": html("/b"), "/b": html(), "/c": html()}
    async with site(answers) as url:
        async with crawler(url, tmp_path) as source:
            assert len(await listed(source)) == 4
            checkpoint = source.checkpoint()
        answers["/a"] = lambda: server.Response(status=status, headers={"Location": "https://other.example/"})
        answers["/c"] = lambda: server.Response(status=410)
        async with crawler(url, tmp_path) as source:
            assert set(await listed(source, checkpoint)) == {f"{url}/", f"{url}/a", f"{url}/b"}
            assert source.is_complete
        async with crawler(url, tmp_path) as source:  # without knowing what was there
            assert set(await listed(source)) == {f"{url}/"}
            assert not source.is_complete


def moved(target: str, status: int = 301) -> Callable[[], server.Response]:
    return lambda: server.Response(status=status, headers={"Location": target})


async def test_a_page_that_has_moved_for_good_is_gone(tmp_path: Path) -> None:
    """Its new address takes its place, if it is one of the site; what has only moved for now stays."""
    pages = ("/a", "/b", "/c", "/d")
    answers: Answers = {"/": html(*pages)} | dict.fromkeys(pages, html())
    async with site(answers) as url:
        async with crawler(url, tmp_path) as source:
            assert len(await listed(source)) == 5
            checkpoint = source.checkpoint()
        answers |= {"/a": moved("/new", 308), "/new": html("/linked"), "/linked": html()}
        answers |= {"/b": moved("https://other.example/"), "/c": moved("/temporary", 302), "/temporary": moved("/new")}
        answers["/d"] = moved("/broken")
        answers["/broken"] = lambda: server.Response(status=503)
        async with crawler(url, tmp_path) as source:
            found = {key.removeprefix(url) for key in await listed(source, checkpoint)}
        assert found == {"/", "/new", "/linked", "/c", "/d"}


async def test_a_site_that_has_moved_for_good(tmp_path: Path) -> None:
    """To another address of its own host it is followed. Elsewhere it is not: all documents would be gone."""
    answers: Answers = {"/old/": moved("/home/"), "/home/": html("/home/a", "/b"), "/home/a": html(), "/b": html()}
    async with site(answers) as url:
        async with crawler(f"{url}/old", tmp_path) as source:
            assert {key.removeprefix(url) for key in await listed(source)} == {"/home/", "/home/a"}
        async with crawler(f"{url}/old", tmp_path, prefix=f"{url}/old/") as source:
            with pytest.raises(SourceError, match="change the address"):
                await listed(source)
        answers["/old/"] = moved("https://other.example/")
        async with crawler(f"{url}/old", tmp_path) as source:
            with pytest.raises(SourceError, match="change the address"):
                await listed(source)
        answers["/old/"] = moved("https://other.example/sign-in", 302)
        async with crawler(f"{url}/old", tmp_path) as source:
            with pytest.raises(SourceError, match="leads out of the site, to https"):
                await listed(source)


async def test_a_listing_goes_on_in_another_process(tmp_path: Path) -> None:
    """From the position after any step, with what was there before the listing and what it has found."""
    asked: list[str] = []

    def page(path: str, *hrefs: str) -> Callable[[], server.Response]:
        def answer() -> server.Response:
            asked.append(path)
            return html(*hrefs)()

        return answer

    answers: Answers = {"/": page("/", "/a", "/missing"), "/a": page("/a", "/b"), "/b": page("/b", "/")}
    answers["/robots.txt"] = lambda: server.Response(text="User-agent: *\nCrawl-delay: 20")
    async with site(answers) as url:
        position, found, steps = None, dict[str, Item](), 0
        while steps < 20:
            async with crawler(url, tmp_path) as source:
                step = await anext(aiter(source.list({}, position)), "the end")
                if step == "the end":
                    break
                steps += 1
                assert source.pause == 20
                position = json.loads(json.dumps(source.position()))
                if isinstance(step, Item):
                    found[step.key] = step
                    assert step.data["pause"] == 20, "it is kept to by who fetches the page, too"
        assert (steps, asked) == (4, ["/", "/a", "/b"])
        assert set(source.checkpoint()["pages"]) == set(found) == {f"{url}/", f"{url}/a", f"{url}/b"}


async def test_a_site_that_is_out_of_order_is_left_alone(tmp_path: Path) -> None:
    asked = []

    def broken() -> server.Response:
        asked.append(1)
        return server.Response(status=503)

    pages = [f"/{number}" for number in range(60)]
    answers: Answers = {"/": html(*pages)} | dict.fromkeys(pages, broken)
    async with site(answers) as url, crawler(url, tmp_path) as source:
        with pytest.raises(SourceError, match="answered 503"):
            await listed(source)
    assert len(asked) < len(pages) / 2


async def test_a_listing_that_ends_early_is_not_complete(tmp_path: Path) -> None:
    pages = [f"/{number}" for number in range(30)]
    answers: Answers = {"/": html(*pages, "/missing")} | {page: html() for page in pages[:3]}
    async with site(answers) as url:
        async with crawler(url, tmp_path, max_pages=4) as source:
            assert len(await listed(source)) == 4
            assert not source.is_complete
        answers["/"] = html(*pages[3:])
        async with crawler(url, tmp_path, max_pages=4) as source:  # links that lead nowhere end, too
            assert len(await listed(source)) == 1
            assert not source.is_complete


async def test_the_links_in_a_checkpoint_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages whose links are left out come without validators, so that the next sync reads their links again."""
    answers: Answers = {
        "/docs/": lambda: server.Response(
            text='<a href="/docs/a">a</a><a href="/other/">b</a>', content_type="text/html", headers={"ETag": '"1"'}
        ),
        "/docs/a": html(),
    }
    async with site(answers) as url, crawler(f"{url}/docs", tmp_path) as source:
        await listed(source)
        assert source.checkpoint()["pages"][f"{url}/docs/"]["links"] == [f"{url}/docs/a"]
        monkeypatch.setattr(web, "_MOST_LINK_CHARS", 10)
        kept = source.checkpoint()["pages"][f"{url}/docs/"]
        assert (kept["links"], kept["etag"]) == ([], None)


async def test_a_redirect_to_an_address_that_cannot_be_read(tmp_path: Path) -> None:
    answers: Answers = {"/": lambda: server.Response(status=302, headers={"Location": "http://[x"})}
    async with site(answers) as url:
        with pytest.raises(SourceError, match="cannot be read"):
            await get(context(tmp_path), f"{url}/")


def test_what_the_database_refuses_is_cleaned() -> None:
    item = storable_item(Item("a\0\udcff\ud800", "1\0", "b\0\n\udcff.txt", "c\0", data={"text": ["d\0"]}))
    assert item == Item("a%00%FF%ED%A0%80", "1\ufffd", "b  \ufffd.txt", "c ", data={"text": ["d\ufffd"]})
    long = [row_key("ü" * 3000 + end) for end in "ab"]
    assert len(long[0].encode()) <= 2000
    assert long[0] != long[1]
    assert row_key("docs/a.txt") == "docs/a.txt"


def test_a_subject_with_what_no_name_may_hold() -> None:
    line = b"1 (UID 7 RFC822.SIZE 90 BODY[HEADER.FIELDS (SUBJECT)]<0> {20}", b"Subject: =?utf-8?q?a=00b?=\r\n\r\n"
    found = imap._item("INBOX", "1", line)
    assert found is not None
    assert storable_item(found).name in ("a b.eml", "a\ufffdb.eml")


async def test_a_bucket_that_lists_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_MOST_ENTRIES", 9)
    entry = "<Contents><Key>a%0Bb/</Key><Size>x</Size></Contents>"
    more = f"<R><EncodingType>url</EncodingType>{entry}<NextContinuationToken>t</NextContinuationToken></R>"

    async def answer(request: server.Request) -> server.Response:
        return server.Response(text=more, content_type="application/xml")

    async with served(answer) as port:
        config = s3.Config(bucket="reports", endpoint=f"http://127.0.0.1:{port}")
        async with s3.open_source(config, s3.Secrets(), context(tmp_path)) as source:
            with pytest.raises(SourceError, match="choose a prefix"):
                await listed(source)
        async with s3.open_source(config, s3.Secrets(), context(tmp_path)) as source:
            assert source.position() is None
            assert await anext(aiter(source.list({}))) is None
            position = source.position()
            assert position == {"token": "t", "seen": 2}
        async with s3.open_source(config, s3.Secrets(), context(tmp_path)) as source:
            await anext(aiter(source.list({}, position)))
            assert source.position() == {"token": "t", "seen": 4}


async def test_keys_of_a_bucket_that_xml_cannot_hold(tmp_path: Path) -> None:
    entry = "<Contents><Key>in/a%0B+%2B.txt</Key><Size>x</Size></Contents>"

    async def answer(request: server.Request) -> server.Response:
        assert request.query["encoding-type"] == "url"
        return server.Response(text=f"<R><EncodingType>url</EncodingType>{entry}</R>", content_type="application/xml")

    async with served(answer) as port:
        config = s3.Config(bucket="reports", endpoint=f"http://127.0.0.1:{port}")
        async with s3.open_source(config, s3.Secrets(), context(tmp_path)) as source:
            assert [*await listed(source)] == ["in/a\x0b +.txt"]


def run_git(work: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=work, check=True, capture_output=True)


@needs_git
async def test_a_copy_of_a_repository_that_is_old_or_broken(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    run_git(work, "init", "--quiet")
    (work / "a.md").write_text("# A")
    Path(os.fsdecode(os.fsencode(work) + b"/\xff.md")).write_text("# odd")
    run_git(work, "add", "-A")
    run_git(work, "commit", "-qm", "one")
    config = git.Config(url=str(work))
    async with git.open_source(config, git.Secrets(), opened(tmp_path)) as old:
        first = await listed(old)
        assert set(first) == {"a.md", "/%FF.md"}
    (work / "a.md").write_text("# A, again")
    run_git(work, "commit", "-qam", "two")
    elsewhere = ConnectorContext(opened(tmp_path).outside, tmp_path / "other", (tmp_path,), 2**20)
    async with git.open_source(config, git.Secrets(), elsewhere) as other:
        second = await listed(other)
    async with git.open_source(config, git.Secrets(), opened(tmp_path)) as source:  # its copy is that of the first
        with (await source.fetch(second["a.md"])).file as file:
            assert file.read() == b"# A, again"
    copy = opened(tmp_path).folder / "repository.git"
    shutil.rmtree(copy)
    (copy / "objects").mkdir(parents=True)  # as a process leaves it that is killed in `git init`
    async with git.open_source(config, git.Secrets(), opened(tmp_path)) as source:
        assert set(await listed(source)) == {"a.md", "/%FF.md"}
    (copy / "refs/heads/source.lock").touch()  # ... and in `git fetch`
    (work / "a.md").write_text("# A, for the third time")
    run_git(work, "commit", "-qam", "three")
    async with git.open_source(config, git.Secrets(), opened(tmp_path)) as source:
        assert len(await listed(source)) == 2
    assert [path.name for path in copy.parent.iterdir()] == ["repository.git"]


async def test_a_mail_server_that_announces_more_than_it_may(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := await reader.readline():
            tag, command = line.split()[:2]
            if line.split()[1:3] == [b"UID", b"FETCH"]:
                writer.write(b"* 1 FETCH (UID 1 BODY[] {100000000000}\r\n")
            elif command == b"CAPABILITY":
                writer.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
            else:
                writer.write(b"* 1 EXISTS\r\n" + tag + b" OK done\r\n")
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        config = imap.Config(host="127.0.0.1", port=port, security="none")
        secrets = imap.Secrets(username="ada", password=SecretStr("secret"))
        async with imap.open_source(config, secrets, context(tmp_path)) as mailbox:
            with pytest.raises(SourceError, match="longer than"):
                await mailbox.fetch(Item("INBOX/1/1", "1", "a.eml", data={"folder": "INBOX", "uid": "1"}))


@pytest.mark.skipif(available() is Isolation.NONE, reason="this system allows no isolation")
def test_what_reads_a_feed_reaches_no_network() -> None:
    script = """
import socket, sys
from citewell.connectors import feed_child

def parse(*_, **__):
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    print("connected")

feed_child.feedparser.parse = parse
feed_child.main()
"""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-c", script, str(listening.getsockname()[1])]
        ran = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert "connected" not in ran.stdout
    assert "create_connection" in ran.stderr, "it has tried"


async def test_a_feed_that_would_take_hours() -> None:
    entry = "<item><guid>1</guid><title>One</title><description><![CDATA[{}]]></description></item>"
    feed = f"<rss version='2.0'><channel>{entry}</channel></rss>"
    [found] = await rss.read_entries(feed.format("<b>Text</b>").encode())
    assert (found["id"], found["title"], found["text"]) == ("1", "One", "<b>Text</b>")
    with pytest.raises(SourceError, match="not a feed"):
        await rss.read_entries(b"no feed")
    with pytest.raises(SourceError, match="too much time"):
        await rss.read_entries(feed.format("<!--" * 1_000_000).encode(), seconds=1)
