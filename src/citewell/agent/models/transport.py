"""What both adapters share: one session, the request, and errors in our terms."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import msgspec

from citewell.agent.models.sse import EventTooLarge, Splitter
from citewell.agent.protocol import ModelError

_encode = msgspec.json.Encoder().encode
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 529})
_CONNECT_SECONDS = 10.0


class Transport:
    """POSTs a request and gives its events in batches: all whole events of one network read."""

    def __init__(self, url: str, headers: Mapping[str, str], silence: float) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence)
        self._silence = silence
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def batches(self, body: Any) -> AsyncIterator[list[bytes]]:
        """Raises ModelError. Closing the iterator, or cancelling, closes the connection to the server."""
        splitter = Splitter()
        try:
            async with self._client().post(self._url, data=_encode(body)) as response:
                if response.status != 200:
                    raise _refusal(response.status, response.headers.get("Retry-After"))
                async for piece in response.content.iter_any():
                    if events := splitter.feed(piece):
                        yield events
        except TimeoutError:
            raise ModelError(
                "model_timeout", f"The model was silent for more than {self._silence:g} s. Ask again.", retryable=True
            ) from None
        except aiohttp.ClientConnectorError:
            raise ModelError("model_unreachable", "The model server cannot be reached.", retryable=True) from None
        except aiohttp.ClientError:
            raise cut_off() from None
        except EventTooLarge:
            raise malformed() from None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=0),
                read_bufsize=2**18,
                trust_env=False,
            )
        return self._session


def malformed() -> ModelError:
    return ModelError("model_malformed", "The model server's answer cannot be read.")


def cut_off() -> ModelError:
    return ModelError(
        "model_cut_off", "The model server broke off in the middle of the answer. Ask again.", retryable=True
    )


def _refusal(status: int, retry_after: str | None) -> ModelError:
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    if status == 429:
        return ModelError(
            "model_rate_limited", "The model server has too many requests.", retryable=True, retry_after=wait
        )
    if status in (401, 403):
        return ModelError("model_unauthorized", "The model server refuses our key: check CITEWELL_MODEL_API_KEY.")
    if status in _TRANSIENT:
        message = f"The model server failed (HTTP {status})."
        return ModelError("model_server_error", message, retryable=True, retry_after=wait)
    return ModelError("model_refused", f"The model server refused the request (HTTP {status}).")
