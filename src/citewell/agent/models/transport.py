"""The HTTP connection of an adapter to its model server: sends a request and reads its events."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import msgspec

from citewell.agent.models import faults
from citewell.agent.models.sse import EventTooLarge, Splitter
from citewell.kit.http import HttpClient

_decode = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode
_CONNECT_SECONDS = 10.0
_REPLY_SECONDS = 1800.0  # a server that sends only comments is never silent
_MAX_REPLY_BYTES = 64 * 1024 * 1024
_MAX_REFUSAL_BYTES = 4096
_JSON = "application/json"


class Transport:
    """POSTs requests to one URL and reads their server-sent events.

    A server that sends nothing for `silence_seconds` has failed.
    """

    def __init__(self, url: str, headers: Mapping[str, str], silence_seconds: float) -> None:
        self._url = url
        sent = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        self._silence_seconds = silence_seconds
        timeout = aiohttp.ClientTimeout(_REPLY_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=silence_seconds)
        self._http = HttpClient(sent, options={"timeout": timeout, "read_bufsize": 2**18}, connections=0)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def batches(self, body: Any) -> AsyncIterator[list[bytes]]:
        """Sends `body` as JSON. Yields the data of all events that each network read completes.

        Closing the iterator closes the connection, and so does cancelling. Raises ModelError.
        """
        splitter = Splitter()
        left = _MAX_REPLY_BYTES
        try:
            async with self._http.session().post(self._url, data=_encode(body), allow_redirects=False) as response:
                await _check(response)
                whole: list[bytes] | None = [] if response.content_type == _JSON else None
                async for piece in response.content.iter_any():
                    left -= len(piece)
                    if left < 0:
                        raise faults.malformed()
                    if whole is not None and (whole or piece.lstrip()[:1] in (b"{", b"[")):
                        whole.append(piece)  # a server that does not stream
                    elif events := splitter.feed(piece):
                        yield events
                if events := _whole(b"".join(whole or ())) or splitter.finish():
                    yield events
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            raise faults.unreachable() from None
        except aiohttp.InvalidURL:
            raise faults.bad_address() from None
        except TimeoutError:
            raise faults.silent(self._silence_seconds) from None
        except (aiohttp.ClientError, ConnectionError):
            raise faults.cut_off() from None
        except EventTooLarge:
            raise faults.malformed() from None


async def _check(response: aiohttp.ClientResponse) -> None:
    """Raises ModelError unless the response is a stream of events."""
    if response.status != 200:
        detail = await response.content.read(_MAX_REFUSAL_BYTES)
        raise faults.refusal(response.status, _retry_after(response), detail.decode(errors="replace"))
    if response.content_type == "text/html":
        raise faults.no_stream()


def _retry_after(response: aiohttp.ClientResponse) -> str | None:
    """Returns the header that says when to try again: in seconds, as a date, or in milliseconds (Azure, OpenAI)."""
    milliseconds = response.headers.get("retry-after-ms", "")
    if milliseconds.isascii() and milliseconds.isdigit():
        return str(int(milliseconds) / 1000)
    return response.headers.get("Retry-After")


def _whole(body: bytes) -> list[bytes]:
    """Returns the events of a response with the content type of JSON: one JSON text, or one event in each line."""
    try:
        _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        splitter = Splitter()
        return splitter.feed(body) + splitter.finish() if body else []
    return [body]
