"""How one item is fetched: from a Git server over HTTPS, and without being held in memory."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from pydantic import SecretStr

from citewell.connectors import git, rss
from citewell.connectors import web as pages
from citewell.connectors.protocol import ConnectorContext, Credentials, Item, SourceError
from citewell.kit.public_http import PublicFetcher
from tests.kit.test_public_http import LOCAL
from tests.listening import listening

LARGE = 48 * 2**20
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def context(folder: Path, outside: PublicFetcher = LOCAL) -> ConnectorContext:
    return ConnectorContext(outside, folder / "cache", (), 2 * LARGE)


@asynccontextmanager
async def served(handler: object, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on this machine whose answers the handler gives; its port."""
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{tail:.*}", handler)  # type: ignore[arg-type]
    async with listening(app, tls=tls) as address:
        yield int(address.rpartition(":")[2])


def git_server(root: Path) -> object:
    """`git http-backend`, as a web server runs it, for whoever knows the deploy token."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Basic ZGVwbG95OnRva2Vu":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        variables = {
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": "",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "deploy",
        }
        safe = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        asked = await request.read()
        process = await asyncio.create_subprocess_exec(
            *("git", "http-backend"),
            env={"PATH": os.environ["PATH"]} | variables | safe,
            # A program that reads nothing may have ended before its pipe is written to.
            stdin=asyncio.subprocess.PIPE if asked else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate(asked or None)
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return web.Response(status=int(headers.pop("Status", "200").split()[0]), headers=headers, body=body)

    return answer


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    work = tmp_path / "served" / "docs"
    work.mkdir(parents=True)
    (work / "a.md").write_text("# A")
    (work / "large.bin").write_bytes(bytes(LARGE))
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "--quiet"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *arguments], cwd=work, check=True, capture_output=True)
    return work


@needs_git
async def test_a_git_server_over_https(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    token = git.Secrets(username="deploy", password=SecretStr("token"))
    async with served(git_server(repository.parent), tls) as port:
        config = git.Config(url=f"https://localhost:{port}/docs/.git")
        async with git.open_source(config, token, context(tmp_path)) as source:
            with pytest.raises(SourceError, match="certificate"):
                [item async for item in source.list({})]
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
            found = {item.key: item async for item in source.list({})}
            assert set(found) == {"a.md", "large.bin"}
            with (await source.fetch(found["a.md"])).file as file:
                assert file.read() == b"# A"
            async with frugally():
                with (await source.fetch(found["large.bin"])).file as file:
                    assert file.seek(0, os.SEEK_END) == LARGE
        async with git.open_source(config, git.Secrets(), context(tmp_path / "other")) as stranger:
            with pytest.raises(SourceError, match="git fetch"):
                [item async for item in stranger.list({})]
        async with git.open_source(config, token, context(tmp_path / "closed", PublicFetcher())) as closed:
            with pytest.raises(SourceError, match="not on the public Internet"):
                [item async for item in closed.list({})]


async def large(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(status=404 if request.path == "/gone" else 200)
    answer.content_type = "text/html" if request.path.endswith(".html") else "application/pdf"
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):  # the client may have read enough
        for _ in range(LARGE // 2**18):
            await answer.write(b" " * 2**18)
    return answer


@asynccontextmanager
async def frugally() -> AsyncIterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < LARGE / 2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["web", "rss"])
async def test_a_large_page_is_not_held_in_memory(kind: str, tmp_path: Path) -> None:
    async with served(large) as port:
        url = f"http://127.0.0.1:{port}/report.pdf"
        module = {"web": pages, "rss": rss}[kind]
        async with module.open_source(module.Config(url=url), Credentials(), context(tmp_path)) as source:
            async with frugally():
                with (await source.fetch(Item(url, "1", "report.pdf", data={"link": url}))).file as file:
                    assert file.seek(0, os.SEEK_END) == LARGE
            gone = url.replace("report.pdf", "gone")
            async with frugally():
                with pytest.raises(SourceError, match="404"):
                    await source.fetch(Item(gone, "1", "report.pdf", data={"link": gone}))


async def test_a_site_with_large_pages_is_listed(tmp_path: Path) -> None:
    """Their marks and links are found on disk; a feed or a site map of that size is refused."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(
                text="<a href=report.pdf>Report</a><a href=book.html>Book</a>", content_type="text/html"
            )
        return await large(request) if request.path != "/robots.txt" else web.Response(status=404)

    async with served(answer) as port:
        url = f"http://127.0.0.1:{port}"
        config = pages.Config(url=f"{url}/", pause_seconds=0)
        async with pages.open_source(config, Credentials(), context(tmp_path)) as site, frugally():
            found = {item.name: item.mark async for item in site.list({}) if item is not None}
        assert set(found) == {"127.0.0.1.html", "report.pdf", "book.html"}
        assert found["report.pdf"] == found["book.html"] == hashlib.sha256(b" " * LARGE).hexdigest()
        feed = rss.Config(url=f"{url}/feed")
        async with rss.open_source(feed, Credentials(), context(tmp_path)) as source, frugally():
            with pytest.raises(SourceError, match="larger than"):
                [item async for item in source.list({})]
