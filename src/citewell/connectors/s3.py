"""A bucket of S3, or of what speaks its protocol (MinIO, R2, Ceph, ...).

Requests are signed here and sent by the fetcher that checks addresses: a client library would look names up by itself,
and could be led to an address inside.
"""

import asyncio
import contextlib
import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from typing import Annotated, BinaryIO
from urllib.parse import quote, unquote_plus, urlsplit

from pydantic import BaseModel, Field, SecretStr

from citewell.connectors.http import request
from citewell.connectors.protocol import Checkpoint, ConnectorContext, Content, Credentials, Item, SourceError, filling
from citewell.connectors.sigv4 import encoded_query, signed_headers
from citewell.kit.public_http import Fetched
from citewell.kit.time import now

_NAMESPACE = re.compile(r"^\{[^}]*\}")
_SIZE = re.compile(r"[0-9]{1,18}")
_MOST_ENTRIES = 1_000_000  # of a listing, including those that are not documents; each answer counts as one more


class Config(BaseModel, extra="forbid"):
    """Without `endpoint`, Amazon's. Only keys that begin with `prefix` are read."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[str, Field(max_length=1000)] = ""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "us-east-1"
    endpoint: Annotated[str, Field(max_length=500, pattern=r"^https?://[^/?#\s]+/?$")] | None = None


class Secrets(Credentials):
    """The keys of a user that may list and read the bucket, and nothing else. None: the bucket is public."""

    access_key_id: Annotated[str, Field(max_length=200, pattern=r"^[\w+/=.-]*$")] = ""
    secret_access_key: SecretStr = SecretStr("")
    session_token: SecretStr = SecretStr("")


def target(config: Config) -> str:
    return config.endpoint or ""


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Secrets, context: ConnectorContext) -> AsyncIterator["Bucket"]:
    yield Bucket(config, secrets, context)


class Bucket:
    is_complete = True
    lists_everything = True
    pause = 0.0

    def __init__(self, config: Config, secrets: Secrets, context: ConnectorContext) -> None:
        self._config = config
        self._secrets = secrets
        self._context = context
        endpoint = (config.endpoint or f"https://s3.{config.region}.amazonaws.com").rstrip("/")
        self._base = f"{endpoint}/{config.bucket}"  # by path: it works with every server, and needs no name of its own
        self._position: Checkpoint | None = None

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item | None]:
        # Keys may hold characters that XML does not have, so they are asked for percent-encoded.
        query = {"list-type": "2", "prefix": self._config.prefix, "max-keys": "1000", "encoding-type": "url"}
        seen = 0
        if position is not None:
            seen, query["continuation-token"] = int(position["seen"]), str(position["token"])
        while True:
            answer = await self._get(f"{self._base}?{encoded_query(query)}")
            found = await asyncio.to_thread(_parse, answer.body)
            entries, is_encoded = found.findall("Contents"), found.findtext("EncodingType") == "url"
            seen += len(entries) + 1
            if seen > _MOST_ENTRIES:
                raise SourceError(f"The bucket lists more than {_MOST_ENTRIES:,} keys: choose a prefix.")
            for entry in entries:
                key = entry.findtext("Key", "")
                if is_encoded:
                    key = unquote_plus(key)
                if not key.endswith("/"):
                    yield self._item(key, entry)
            following = found.findtext("NextContinuationToken")
            if not following:
                return
            query["continuation-token"] = following
            self._position = {"token": following, "seen": seen}
            yield None
            self._position = None

    def _item(self, key: str, entry: ET.Element) -> Item:
        size, within = entry.findtext("Size", ""), key.removeprefix(self._config.prefix).lstrip("/")
        return Item(
            key,
            entry.findtext("ETag", ""),
            posixpath.basename(key),
            posixpath.dirname(within),
            int(size) if _SIZE.fullmatch(size) else None,
        )

    async def fetch(self, item: Item) -> Content:
        with filling() as file:
            answer = await self._get(f"{self._base}/{quote(item.key, safe='/-_.~')}", file)
        return Content(file, answer.headers.get("content-type", "application/octet-stream"))

    def position(self) -> Checkpoint | None:
        """Between two pages of the listing."""
        return self._position

    def checkpoint(self) -> Checkpoint:
        return {}

    async def _get(self, url: str, into: BinaryIO | None = None) -> Fetched:
        answer = await request(self._context, url, self._headers(url), into)
        if answer.status != 200:
            raise SourceError(f"{urlsplit(url).hostname} answered {answer.status}: {_reason(answer)}")
        return answer

    def _headers(self, url: str) -> dict[str, str]:
        if not self._secrets.access_key_id:
            return {}
        return signed_headers(
            url,
            region=self._config.region,
            access_key=self._secrets.access_key_id,
            secret_key=self._secrets.secret_access_key.get_secret_value(),
            session_token=self._secrets.session_token.get_secret_value(),
            at=now(),
        )


def _parse(body: bytes) -> ET.Element:
    """Returns the answer without namespaces, which servers set differently. Raises SourceError."""
    try:
        if b"<!DOCTYPE" in body or b"\0" in body:  # entities could grow without end; UTF-16 would hide them
            raise SourceError("The server does not answer like S3: check the endpoint.")
        found = ET.fromstring(body)  # noqa: S314 - without a document type there are no entities
    except ET.ParseError:
        raise SourceError("The server does not answer like S3: check the endpoint.") from None
    for element in found.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
    return found


def _reason(answer: Fetched) -> str:
    try:
        found = _parse(answer.body)
    except SourceError:
        return "no reason given"
    return (found.findtext("Message") or found.findtext("Code") or "no reason given")[:200]
