"""The entries of a feed (RSS, Atom): their pages, or what the feed itself says of them."""

import contextlib
import hashlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from markupsafe import Markup
from pydantic import BaseModel, Field

from citewell.connectors import feed_child
from citewell.connectors.http import get
from citewell.connectors.protocol import (
    Checkpoint,
    ConnectorContext,
    Content,
    Credentials,
    Item,
    SourceError,
    Unchanged,
    filling,
)
from citewell.kit.child_process import run_child
from citewell.kit.templates import render

Secrets = Credentials


class Config(BaseModel, extra="forbid"):
    """With `pages`, the page that an entry links to is read; else the text in the feed."""

    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00]+$")]
    pages: bool = True


def target(config: Config) -> str:
    return ""


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Credentials, context: ConnectorContext) -> AsyncIterator["Feed"]:
    yield Feed(config, context)


class Feed:
    """A feed names its latest entries only, so documents of older ones stay."""

    is_complete = False
    lists_everything = False
    pause = 0.0

    def __init__(self, config: Config, context: ConnectorContext) -> None:
        self._config = config
        self._context = context
        self._validators: Checkpoint = {}

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item]:
        headers = {"If-None-Match": str(checkpoint["etag"])} if checkpoint.get("etag") else {}
        answer = (await get(self._context, self._config.url, headers)).answer
        if answer.status == 304:
            self._validators = checkpoint
            raise Unchanged
        if answer.status != 200:
            raise SourceError(f"The feed answered {answer.status}.")
        entries = await read_entries(answer.body)
        self._validators = {"etag": answer.headers.get("etag")}
        for entry in entries:
            yield _item(entry)

    async def fetch(self, item: Item) -> Content:
        link = str(item.data.get("link") or "")
        if self._config.pages and link.startswith(("http://", "https://")):
            with filling() as file:
                answer = (await get(self._context, link, into=file)).answer
                if answer.status != 200:
                    raise SourceError(f"The page of the entry answered {answer.status}.")
            return Content(file, "text/html")
        text = Markup(str(item.data.get("text", "")))  # noqa: S704 - the feed's own HTML, which is parsed and not shown
        page = render("connectors/entry.html", title=item.name.removesuffix(".html"), text=text)
        return Content(io.BytesIO(page.encode()), "text/html")

    def position(self) -> None:
        """A feed is one request."""

    def checkpoint(self) -> Checkpoint:
        return self._validators


async def read_entries(body: bytes, seconds: float = 2 * feed_child.SECONDS) -> list[dict[str, str]]:
    """Returns the entries of a feed, newest first as a rule: `id`, `title`, `link`, `updated` and `text`, which may be
    empty.

    Raises SourceError for what is no feed, or takes too long.
    """
    try:
        _, said = await run_child(feed_child.__name__, body, seconds)
    except TimeoutError:
        said = b""
    if not said:
        raise SourceError("The feed cannot be read: it takes too much time or memory.")
    entries: list[dict[str, str]] | None = json.loads(said)
    if entries is None:
        raise SourceError("The answer is not a feed: check the address.")
    return entries


def _item(entry: Mapping[str, str]) -> Item:
    title, link, text = entry["title"].strip(), entry["link"], entry["text"]
    key = entry["id"] or link or title
    said = "\0".join((title, link, text, entry["updated"]))
    mark = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    name = " ".join((title or "entry").replace("/", "-").split())[:240] + ".html"
    return Item(key[:2000], mark, name, data={"link": link[:2000], "text": text})
