"""Pages of a web site: those of its sitemap, or those that links lead to below an address."""

import asyncio
import contextlib
import hashlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import urljoin

from protego import Protego
from pydantic import BaseModel, Field

from citewell.connectors.http import AGENT, get
from citewell.connectors.protocol import Checkpoint, Content, Credentials, Item, SourceError, Surroundings, filling
from citewell.connectors.site_pages import SUFFIXES, links, locations, page_name, plain_address
from citewell.kit.public_http import Fetched

Secrets = Credentials
_Page = dict[str, Any]
_MOST_SITEMAPS = 50
_ROBOTS_BYTES = 500 * 2**10  # what crawlers must read of a robots.txt (RFC 9309)
_LOOKS = 4  # addresses looked at for each page that is wanted: many lead to none
_MOST_WAITING = 100_000
_MOST_FAILURES = 20  # in a row, after which the site counts as out of order
_MOST_LINK_CHARS = 16_000_000  # of all pages in a checkpoint
_LONGEST_PAUSE = 30.0
_PIECE = 2**20  # bytes that are read at once
_MOST_HTML = 4 * 2**20  # bytes of a page that are searched for links
_GONE = (404, 410)
_LATER = (408, 425, 429)


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
    """The checkpoint keeps each page's validators, mark and links, so that one that has not changed costs a 304.

    A page whose look fails stays as it was. The listing is not complete if it ended before all pages were looked at.
    """

    lists_everything = True

    def __init__(self, config: Config, around: Surroundings) -> None:
        self.is_complete = True
        self._config = config
        self._around = around
        self._prefix = config.prefix or urljoin(config.url, "./" if config.mode == "crawl" else "/")
        self._known: dict[str, _Page] = {}
        self._pages: dict[str, _Page] = {}
        self._robots: Protego | None = None
        self._seen = set[str]()
        self._waiting = deque[tuple[str, int]]()
        self._failures = 0

    async def list(self, checkpoint: Checkpoint) -> AsyncIterator[Item]:
        self._known = checkpoint.get("pages", {})
        self._robots = await self._read_robots()
        is_crawl = self._config.mode == "crawl"
        await self._enqueue([self._config.url] if is_crawl else await self._sitemap(), 0)
        looks = 0
        while self._waiting:
            if len(self._pages) >= self._config.max_pages or looks >= _LOOKS * self._config.max_pages:
                self.is_complete = False
                return
            (url, depth), looks = self._waiting.popleft(), looks + 1
            page = await self._look_at(url, is_start=is_crawl and looks == 1)
            if page is not None:
                self._pages[url] = page
                yield Item(url, page["mark"], page_name(url, page["kind"]), data={"url": url})
                if is_crawl and depth < self._config.max_depth:
                    await self._enqueue(page["links"], depth + 1)
            await asyncio.sleep(self._pause())

    async def fetch(self, item: Item) -> Content:
        with filling() as file:
            _, answer = await get(self._around, item.key, into=file)
            if answer.status != 200:
                raise SourceError(f"The page answered {answer.status}.")
        return Content(file, _kind(answer))

    def checkpoint(self) -> Checkpoint:
        """Pages for whose links there is no room are read anew each time, and so come without validators."""
        found, room = dict[str, _Page](), _MOST_LINK_CHARS
        missed = {} if self.is_complete else self._known
        for url, page in [*self._pages.items(), *(one for one in missed.items() if one[0] not in self._pages)]:
            if len(found) >= 2 * self._config.max_pages:
                break
            room -= sum(map(len, page["links"]))
            found[url] = page if room >= 0 else page | {"etag": None, "modified": None, "links": []}
        return {"pages": found}

    async def _enqueue(self, urls: Sequence[str], depth: int) -> None:
        new = await asyncio.to_thread(lambda: [url for url in urls if url not in self._seen and self._is_wanted(url)])
        for url in dict.fromkeys(new):
            if len(self._seen) >= _MOST_WAITING:
                self.is_complete = False
                return
            self._seen.add(url)
            self._waiting.append((url, depth))

    def _is_below(self, url: str) -> bool:
        return url.startswith(self._prefix)

    def _is_wanted(self, url: str) -> bool:
        return self._is_below(url) and (self._robots is None or self._robots.can_fetch(url, AGENT))

    def _pause(self) -> float:
        asked = self._robots.crawl_delay(AGENT) if self._robots is not None else None
        return min(max(self._config.pause_seconds, asked or 0.0), _LONGEST_PAUSE)

    async def _look_at(self, url: str, *, is_start: bool) -> _Page | None:
        """What is kept of the page; None if it is none. Raises SourceError where the site cannot be read at all."""
        known = self._known.get(url)
        try:
            with filling() as file:
                final, answer = await get(self._around, url, _conditions(known), into=file)
        except SourceError as error:
            if is_start:
                raise
            return self._unsure(known, str(error), is_failure=True)
        with file:
            if answer.status == 304 and known:
                self._failures = 0
                return known
            wrong = f"{url} answered {answer.status}."
            if is_start and answer.status != 200:
                raise SourceError(wrong)
            if answer.status in _GONE:
                return None
            if answer.status != 200:
                return self._unsure(known, wrong, is_failure=answer.status >= 500 or answer.status in _LATER)
            if not self._is_wanted(plain_address(final) or ""):
                return self._unsure(known, f"{url} leads out of the site.", is_failure=False)
            if _kind(answer) not in SUFFIXES:
                return None
            self._failures = 0
            return await asyncio.to_thread(self._read_page, final, answer, file)

    def _unsure(self, known: _Page | None, reason: str, *, is_failure: bool) -> _Page | None:
        """What is kept of a page that did not answer as one: the page as it was. Of one that is not known, nobody can
        say whether it has a document, unless the last listing did."""
        self._failures = self._failures + 1 if is_failure else 0
        if self._failures > _MOST_FAILURES:
            raise SourceError(reason)
        if known is None and not self._known:
            self.is_complete = False
        return known

    def _read_page(self, final: str, answer: Fetched, file: BinaryIO) -> _Page:
        mark, kind = hashlib.sha256(), _kind(answer)
        while piece := file.read(_PIECE):
            mark.update(piece)
        file.seek(0)
        has_links = kind.endswith("html") and self._config.mode == "crawl"
        return {
            "etag": answer.headers.get("etag"),
            "modified": answer.headers.get("last-modified"),
            "mark": mark.hexdigest(),
            "kind": kind,
            "links": links(final, file.read(_MOST_HTML), self._is_below) if has_links else [],
        }

    async def _read_robots(self) -> Protego | None:
        _, answer = await get(self._around, urljoin(self._config.url, "/robots.txt"))
        if answer.status >= 500 or answer.status in _LATER:
            raise SourceError(f"robots.txt answered {answer.status}: the site may not be read now.")
        if answer.status != 200:
            return None
        return await asyncio.to_thread(Protego.parse, answer.body[:_ROBOTS_BYTES].decode("utf-8", "replace"))

    async def _sitemap(self) -> Sequence[str]:
        """The addresses of the sitemap, and of those that it lists, as far as they are wanted."""
        waiting, found, read = deque([self._config.url]), dict[str, None](), 0
        most = _LOOKS * self._config.max_pages + 1
        while waiting and len(found) < most:
            if read >= _MOST_SITEMAPS:
                self.is_complete = False
                break
            url, read = waiting.popleft(), read + 1
            _, answer = await get(self._around, url)
            if answer.status != 200:
                raise SourceError(f"The sitemap {url} answered {answer.status}.")
            is_index = b"<sitemapindex" in answer.body[:2000]
            listed = await asyncio.to_thread(self._listed, answer.body, most, is_index)
            if is_index:
                waiting.extend(listed[: _MOST_SITEMAPS + 1])
            else:
                found.update(dict.fromkeys(listed))
        return list(found)[:most]

    def _listed(self, sitemap: bytes, most: int, is_index: bool) -> Sequence[str]:
        wanted = (url for url in locations(sitemap) if is_index or self._is_below(url))
        return [*itertools.islice(wanted, most)]


def _conditions(known: _Page | None) -> dict[str, str]:
    """The headers that ask for a page only if it has changed."""
    if known and known.get("etag"):
        return {"If-None-Match": known["etag"]}
    if known and known.get("modified"):
        return {"If-Modified-Since": known["modified"]}
    return {}


def _kind(answer: Fetched) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
