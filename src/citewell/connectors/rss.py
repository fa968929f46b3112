"""The entries of a feed (RSS, Atom): their pages, or what the feed itself says of them."""

import asyncio
import contextlib
import functools
import hashlib
import html
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any

import feedparser
from pydantic import BaseModel, Field

from citewell.connectors.http import get
from citewell.connectors.protocol import (
    Checkpoint,
    Content,
    Credentials,
    Item,
    SourceError,
    Surroundings,
    Unchanged,
    filling,
)

Secrets = Credentials
_MOST_ENTRIES = 1000


class Config(BaseModel, extra="forbid"):
    """With `pages`, the page that an entry links to is read; else the text in the feed."""

    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00]+$")]
    pages: bool = True


def target(config: Config) -> str:
    return ""


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Credentials, around: Surroundings) -> AsyncIterator["Feed"]:
    yield Feed(config, around)


class Feed:
    """A feed names its latest entries only, so documents of older ones stay."""

    is_complete = False
    lists_everything = False

    def __init__(self, config: Config, around: Surroundings) -> None:
        self._config = config
        self._around = around
        self._validators: Checkpoint = {}

    async def list(self, checkpoint: Checkpoint) -> AsyncIterator[Item]:
        headers = {"If-None-Match": str(checkpoint["etag"])} if checkpoint.get("etag") else {}
        _, answer = await get(self._around, self._config.url, headers)
        if answer.status == 304:
            self._validators = checkpoint
            raise Unchanged
        if answer.status != 200:
            raise SourceError(f"The feed answered {answer.status}.")
        # From bytes alone: given an address, the parser would fetch it by itself.
        read = functools.partial(feedparser.parse, sanitize_html=True, resolve_relative_uris=False)
        found = await asyncio.to_thread(read, io.BytesIO(answer.body))
        if found.bozo and not found.entries:
            raise SourceError("The answer is not a feed.")
        self._validators = {"etag": answer.headers.get("etag")}
        for entry in found.entries[:_MOST_ENTRIES]:
            yield _item(entry)

    async def fetch(self, item: Item) -> Content:
        link = str(item.data.get("link") or "")
        if self._config.pages and link.startswith(("http://", "https://")):
            with filling() as file:
                _, answer = await get(self._around, link, into=file)
                if answer.status != 200:
                    raise SourceError(f"The page of the entry answered {answer.status}.")
            return Content(file, "text/html")
        title, text = html.escape(item.name.removesuffix(".html")), str(item.data.get("text", ""))
        page = f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{text}"
        return Content(io.BytesIO(page.encode()), "text/html")

    def checkpoint(self) -> Checkpoint:
        return self._validators


def _item(entry: Any) -> Item:
    text = entry.content[0].value if entry.get("content") else entry.get("summary", "")
    title, link = entry.get("title", "").strip(), entry.get("link", "")
    key = entry.get("id") or link or title
    said = "\0".join((title, link, text, entry.get("updated", "")))
    mark = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    name = " ".join((title or "entry").replace("/", "-").split())[:240] + ".html"
    return Item(key[:2000], mark, name, data={"link": link[:2000], "text": text[:200_000]})
