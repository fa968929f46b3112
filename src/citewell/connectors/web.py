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
from citewell.connectors.protocol import Checkpoint, ConnectorContext, Content, Credentials, Item, SourceError, filling
from citewell.connectors.site_pages import (
    SUFFIXES,
    is_same_site,
    kind_of,
    links,
    locations,
    page_name,
    plain_address,
)
from citewell.kit.public_http import Fetched

Secrets = Credentials
_Page = dict[str, Any]
_MOST_SITEMAPS = 50
_ROBOTS_BYTES = 500 * 2**10  # what crawlers must read of a robots.txt (RFC 9309)
_LOOKS = 4  # addresses tried for each wanted page: many lead to no page
_MOST_WAITING = 100_000
_MOST_FAILURES = 20  # failures in a row after which the site counts as broken
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
async def open_source(config: Config, secrets: Credentials, context: ConnectorContext) -> AsyncIterator["Site"]:
    yield Site(config, context)


class Site:
    """The checkpoint keeps each page's validators, mark and links, so that one that has not changed costs a 304.

    A page whose look fails stays as it was; one that has moved for good is gone, and its new address is looked at if it
    is one of the site. The listing is not complete if it ended before all pages were looked at.
    """

    lists_everything = True

    def __init__(self, config: Config, context: ConnectorContext) -> None:
        self.is_complete = True
        self.pause = config.pause_seconds
        self._config = config
        self._context = context
        self._start = config.url
        self._prefix = config.prefix or _prefix_of(config, config.url)
        self._known: dict[str, _Page] = {}
        self._pages: dict[str, _Page] = {}
        self._robots_text: str | None = None
        self._robots: Protego | None = None
        self._seen = set[str]()
        self._waiting = deque[tuple[str, int]]()
        self._sitemaps = deque[str]()
        self._sitemaps_read = 0
        self._looks = 0
        self._failures = 0

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item | None]:
        self._known = checkpoint.get("pages", {})
        await (self._begin() if position is None else self._go_on(position))
        while self._sitemaps and self._reads_more_sitemaps():
            await self._read_sitemap(self._sitemaps.popleft())
            yield None
        while self._waiting:
            if len(self._pages) >= self._config.max_pages or self._looks >= _LOOKS * self._config.max_pages:
                self.is_complete = False
                return
            url, depth = self._waiting.popleft()
            self._looks += 1
            page = await self._look_at(url, depth)
            if page is not None:
                self._pages[url] = page
                if self._config.mode == "crawl" and depth < self._config.max_depth:
                    await self._enqueue(page["links"], depth + 1)
            # Two steps never come without the caller's pause between them.
            yield self._item(url, page) if page is not None else None

    def position(self) -> Checkpoint:
        return {
            "start": self._start,
            "prefix": self._prefix,
            "robots": self._robots_text,
            "sitemaps": [*self._sitemaps],
            "sitemaps_read": self._sitemaps_read,
            "waiting": [*self._waiting],
            "seen": [*self._seen],
            "pages": self._pages,
            "looks": self._looks,
            "failures": self._failures,
            "is_complete": self.is_complete,
        }

    async def fetch(self, item: Item) -> Content:
        self.pause = float(item.data.get("pause", 0))
        with filling() as file:
            answer = (await get(self._context, item.key, into=file)).answer
            if answer.status != 200:
                raise SourceError(f"The page answered {answer.status}.")
        return Content(file, kind_of(answer))

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

    async def _begin(self) -> None:
        _, answer = await self._plain(urljoin(self._config.url, "/robots.txt"))
        if answer.status >= 500 or answer.status in _LATER:
            raise SourceError(f"robots.txt answered {answer.status}: the site may not be read now.")
        if answer.status == 200:
            self._robots_text = answer.body[:_ROBOTS_BYTES].decode("utf-8", "replace")
        await self._keep_to_robots()
        if self._config.mode == "crawl":
            await self._enqueue([self._start], 0)
        else:
            self._sitemaps.append(self._start)

    async def _go_on(self, position: Checkpoint) -> None:
        self._start, self._prefix = position["start"], position["prefix"]
        self._robots_text, self.is_complete = position["robots"], position["is_complete"]
        self._sitemaps.extend(position["sitemaps"])
        self._sitemaps_read, self._looks = position["sitemaps_read"], position["looks"]
        self._waiting.extend((url, depth) for url, depth in position["waiting"])
        self._seen.update(position["seen"])
        self._pages, self._failures = position["pages"], position["failures"]
        await self._keep_to_robots()

    async def _keep_to_robots(self) -> None:
        if self._robots_text is None:
            return
        self._robots = await asyncio.to_thread(Protego.parse, self._robots_text)
        self.pause = min(max(self.pause, self._robots.crawl_delay(AGENT) or 0.0), _LONGEST_PAUSE)

    async def _plain(self, url: str) -> tuple[str, Fetched]:
        reached = await get(self._context, url)
        return reached.url, reached.answer

    def _item(self, url: str, page: _Page) -> Item:
        return Item(url, page["mark"], page_name(url, page["kind"]), data={"url": url, "pause": self.pause})

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

    async def _look_at(self, url: str, depth: int) -> _Page | None:
        """Returns what is kept of the page; None if it is no page.

        Raises SourceError where the site cannot be read at all.
        """
        known, is_start = self._known.get(url), self._config.mode == "crawl" and url == self._start
        try:
            with filling() as file:
                reached = await get(self._context, url, _conditions(known), file, self._is_wanted)
        except SourceError as error:
            if is_start:
                raise
            return self._unsure(known, str(error), is_failure=True)
        answer = reached.answer
        with file:
            moved_to = plain_address(reached.moved_to) or url
            if moved_to != url and (answer.status in (200, 304) or not self._is_wanted(moved_to)):
                await self._follow(moved_to, depth, is_start=is_start)
                return None
            if answer.status == 304 and known:
                self._failures = 0
                return known
            is_inside = self._is_wanted(plain_address(reached.url) or "")
            wrong = f"{url} answered {answer.status}."
            if not is_inside:
                wrong = f"{url} leads out of the site, to {reached.url[:200]}."
            if is_start and (answer.status != 200 or not is_inside):
                raise SourceError(wrong)
            if answer.status in _GONE:
                return None
            if answer.status != 200 or not is_inside:
                return self._unsure(known, wrong, is_failure=answer.status >= 500 or answer.status in _LATER)
            if kind_of(answer) not in SUFFIXES:
                return None
            self._failures = 0
            return await asyncio.to_thread(self._read_page, reached.url, answer, file)

    async def _follow(self, moved_to: str, depth: int, *, is_start: bool) -> None:
        """Look at the new address of a page later, if it is one of the site. Where the start has moved to the same
        site under another address (https, www), the site has. Raises SourceError where it has moved elsewhere."""
        if is_start and not self._is_wanted(moved_to):
            if self._config.prefix or not is_same_site(self._start, moved_to):
                raise SourceError(f"{self._start} has moved to {moved_to} for good: change the address of the source.")
            self._prefix = _prefix_of(self._config, moved_to)
        if is_start:
            self._start = moved_to
        await self._enqueue([moved_to], depth)

    def _unsure(self, known: _Page | None, reason: str, *, is_failure: bool) -> _Page | None:
        """Returns what is kept of a page that did not answer as one: the page as it was.

        Whether an unknown page has a document is uncertain, unless the last listing had it.
        """
        self._failures = self._failures + 1 if is_failure else 0
        if self._failures > _MOST_FAILURES:
            raise SourceError(reason)
        if known is None and not self._known:
            self.is_complete = False
        return known

    def _read_page(self, final: str, answer: Fetched, file: BinaryIO) -> _Page:
        mark, kind = hashlib.sha256(), kind_of(answer)
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

    def _reads_more_sitemaps(self) -> bool:
        if self._sitemaps_read >= _MOST_SITEMAPS:
            self.is_complete = False
        return self._sitemaps_read < _MOST_SITEMAPS and len(self._seen) < self._most_listed

    @property
    def _most_listed(self) -> int:
        return _LOOKS * self._config.max_pages + 1

    async def _read_sitemap(self, url: str) -> None:
        """Enqueue the addresses of a sitemap as far as they are wanted, or the sitemaps that an index lists."""
        self._sitemaps_read += 1
        _, answer = await self._plain(url)
        if answer.status != 200:
            raise SourceError(f"The sitemap {url} answered {answer.status}.")
        is_index = b"<sitemapindex" in answer.body[:2000]
        listed = await asyncio.to_thread(self._listed, answer.body, self._most_listed, is_index)
        if is_index:
            self._sitemaps.extend(listed[: _MOST_SITEMAPS + 1])
        else:
            await self._enqueue(listed, 0)

    def _listed(self, sitemap: bytes, most: int, is_index: bool) -> Sequence[str]:
        wanted = (url for url in locations(sitemap) if is_index or self._is_below(url))
        return [*itertools.islice(wanted, most)]


def _prefix_of(config: Config, start: str) -> str:
    """Returns the prefix of pages where none is given: the folder of the start, or the whole site of a sitemap."""
    return urljoin(start, "./" if config.mode == "crawl" else "/")


def _conditions(known: _Page | None) -> dict[str, str]:
    """Returns the headers that ask for a page only if it has changed."""
    if known and known.get("etag"):
        return {"If-None-Match": known["etag"]}
    if known and known.get("modified"):
        return {"If-Modified-Since": known["modified"]}
    return {}
