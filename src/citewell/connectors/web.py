"""Pages of a web site: those of its sitemap, or those that links lead to below an address."""

import asyncio
import contextlib
import hashlib
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from protego import Protego
from pydantic import BaseModel, Field
from selectolax.lexbor import LexborHTMLParser

from citewell.connectors.http import AGENT, get
from citewell.connectors.protocol import Checkpoint, Content, Credentials, Item, SourceError, Surroundings, filling
from citewell.kit.public_http import Fetched

Secrets = Credentials
_LOCATION = re.compile(rb"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.S)
_MOST_SITEMAPS = 50
_LONGEST_PAUSE = 30.0
_PIECE = 2**20  # bytes that are read at once
_MOST_HTML = 4 * 2**20  # bytes of a page that are searched for links
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
}


class Config(BaseModel, extra="forbid"):
    """`url` is where reading begins, or the sitemap. Only addresses that begin with `prefix` are read (by default, the
    folder of `url`); robots.txt is kept to."""

    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00]+$")]
    mode: Literal["crawl", "sitemap"] = "crawl"
    prefix: Annotated[str, Field(max_length=2000, pattern=r"^(https?://[^/\s\x00]+/[^\s\x00]*)?$")] = ""
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = 500
    max_depth: Annotated[int, Field(ge=0, le=50)] = 10
    pause_seconds: Annotated[float, Field(ge=0, le=_LONGEST_PAUSE, description="Between two pages.")] = 0.5


def target(config: Config) -> str:
    return ""


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Credentials, around: Surroundings) -> AsyncIterator["Site"]:
    yield Site(config, around)


class Site:
    """The checkpoint keeps each page's validators, mark and links, so that one that has not changed costs a 304."""

    is_complete = True

    def __init__(self, config: Config, around: Surroundings) -> None:
        self._config = config
        self._around = around
        self._prefix = config.prefix or urljoin(config.url, "./" if config.mode == "crawl" else "/")
        self._pages: dict[str, dict[str, Any]] = {}
        self._robots: Protego | None = None

    async def list(self, checkpoint: Checkpoint) -> AsyncIterator[Item]:
        known: dict[str, dict[str, Any]] = checkpoint.get("pages", {})
        self._robots = await self._read_robots()
        starts = [self._config.url] if self._config.mode == "crawl" else await self._sitemap()
        waiting = deque((_plain(url), 0) for url in starts)
        seen = {url for url, _ in waiting}
        while waiting and len(self._pages) < self._config.max_pages:
            url, depth = waiting.popleft()
            if not self._wanted(url):
                continue
            page = await self._look_at(url, known.get(url), is_first=not self._pages)
            if page is None:
                continue
            self._pages[url] = page
            yield _item(url, page)
            if self._config.mode == "crawl" and depth < self._config.max_depth:
                for link in page["links"]:
                    if link not in seen and self._wanted(link):
                        seen.add(link)
                        waiting.append((link, depth + 1))
            await asyncio.sleep(self._pause())

    async def fetch(self, item: Item) -> Content:
        with filling() as file:
            _, answer = await get(self._around, item.key, into=file)
            if answer.status != 200:
                raise SourceError(f"The page answered {answer.status}.")
        return Content(file, _kind(answer))

    def checkpoint(self) -> Checkpoint:
        return {"pages": self._pages}

    def _wanted(self, url: str) -> bool:
        return url.startswith(self._prefix) and (self._robots is None or self._robots.can_fetch(url, AGENT))

    def _pause(self) -> float:
        asked = self._robots.crawl_delay(AGENT) if self._robots is not None else None
        return min(max(self._config.pause_seconds, asked or 0.0), _LONGEST_PAUSE)

    async def _look_at(self, url: str, known: dict[str, Any] | None, *, is_first: bool) -> dict[str, Any] | None:
        """What the checkpoint keeps of a page; None if there is none to read. `known` is what it has kept so far.

        Raises SourceError where the site cannot be read at all: otherwise the documents of all its pages would be
        deleted.
        """
        with filling() as file:
            page = await self._page(url, known, file, is_first=is_first)
        file.close()
        return page

    async def _page(
        self, url: str, known: dict[str, Any] | None, file: BinaryIO, *, is_first: bool
    ) -> dict[str, Any] | None:
        headers = {}
        if known and known.get("etag"):
            headers["If-None-Match"] = known["etag"]
        elif known and known.get("modified"):
            headers["If-Modified-Since"] = known["modified"]
        try:
            final, answer = await get(self._around, url, headers, file)
        except SourceError:
            if is_first or known:
                raise
            return None
        if answer.status == 304 and known:
            return known
        if answer.status >= 500 or (is_first and answer.status != 200):
            raise SourceError(f"{url} answered {answer.status}.")
        kind = _kind(answer)
        if answer.status != 200 or not self._wanted(_plain(final)) or kind not in _SUFFIXES:
            return None
        said = {"etag": answer.headers.get("etag"), "modified": answer.headers.get("last-modified"), "kind": kind}
        return said | await asyncio.to_thread(_content_of, file, final if kind.endswith("html") else None)

    async def _read_robots(self) -> Protego | None:
        _, answer = await get(self._around, urljoin(self._config.url, "/robots.txt"))
        if answer.status >= 500:
            raise SourceError(f"robots.txt answered {answer.status}: the site may not be read now.")
        return Protego.parse(answer.body.decode("utf-8", "replace")) if answer.status == 200 else None

    async def _sitemap(self) -> Sequence[str]:
        """The addresses of the sitemap, and of those that it lists."""
        waiting, found, read = deque([self._config.url]), list[str](), 0
        while waiting and read < _MOST_SITEMAPS and len(found) < self._config.max_pages:
            url, read = waiting.popleft(), read + 1
            _, answer = await get(self._around, url)
            if answer.status != 200:
                raise SourceError(f"The sitemap {url} answered {answer.status}.")
            locations = [one.decode("utf-8", "replace").replace("&amp;", "&") for one in _LOCATION.findall(answer.body)]
            if b"<sitemapindex" in answer.body[:2000]:
                waiting.extend(locations)
            else:
                found.extend(locations)
        return found


def _content_of(file: BinaryIO, base: str | None) -> dict[str, Any]:
    """The mark of a page, and its links where it is HTML of the address `base`."""
    mark = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        mark.update(piece)
    file.seek(0)
    links = sorted(set(_links(base, file.read(_MOST_HTML))))[:2000] if base is not None else []
    return {"mark": mark.hexdigest(), "links": links}


def _kind(answer: Fetched) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _plain(url: str) -> str:
    return urldefrag(url)[0]


def _links(base: str, body: bytes) -> Iterator[str]:
    for node in LexborHTMLParser(body).css("a[href]"):
        with contextlib.suppress(ValueError):
            link = _plain(urljoin(base, (node.attributes.get("href") or "").strip()))
            if link.startswith(("http://", "https://")) and len(link) <= 2000:
                yield link


def _item(url: str, page: dict[str, Any]) -> Item:
    return Item(url, page["mark"], page_name(url, page["kind"]), data={"url": url})


def page_name(url: str, kind: str = "text/html") -> str:
    """A file name for the page: the end of its path, with the suffix of what it is."""
    parts, suffix = urlsplit(url), _SUFFIXES.get(kind, ".html")
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1]) or parts.hostname or "page"
    query = f" {unquote(parts.query)}" if parts.query else ""
    whole = f"{last.removesuffix('.htm').removesuffix(suffix)}{query}"[: 255 - len(suffix)]
    return whole.replace("/", "-").replace("\\", "-") + suffix
