"""Searching the web through an endpoint that the operator names.

The endpoint speaks what SearXNG speaks: `GET <url>?q=<words>&format=json`, answered by
`{"results": [{"title": ..., "url": ..., "content": ...}, ...]}`. A key is sent as `Authorization: Bearer <key>`. Only
the text of the answer is used: the pages that it names are never fetched.
"""

from typing import Any

import aiohttp
import msgspec

from citewell.agent.protocol import ToolFailure

MAX_ANSWER_BYTES = 1024 * 1024
MAX_TEXT_CHARS = 2000  # of one result
_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)


class WebResult(msgspec.Struct, frozen=True):
    title: str = ""
    url: str = ""
    content: str | None = ""


class _Answer(msgspec.Struct):
    results: list[WebResult]


class WebSearcher:
    def __init__(self, url: str, api_key: str | None) -> None:
        self._url = url
        self._headers = {"Accept": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._session: aiohttp.ClientSession | None = None

    async def search(self, query: str, limit: int) -> list[WebResult]:
        """Results with an address of the web, texts cut to MAX_TEXT_CHARS. Raises ToolFailure."""
        parameters = {"q": query, "format": "json"}
        try:
            # A redirect could lead where the operator did not mean to go.
            async with self._client().get(self._url, params=parameters, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise ToolFailure(f"The web search refused the request (HTTP {answer.status}).")
                found = msgspec.json.decode(await _read(answer), type=_Answer).results
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ToolFailure(f"The web search did not answer ({type(error).__name__}).") from error
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ToolFailure("The web search gave an answer that cannot be read.") from None
        usable = [result for result in found if result.url.startswith(("https://", "http://"))]
        return [_cut(result) for result in usable[:limit]]

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT)
        return self._session


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise ToolFailure("The web search gave an answer that is too large.")
    return bytes(body)


def _cut(result: WebResult) -> WebResult:
    texts: dict[str, Any] = {"title": result.title, "content": result.content or "", "url": result.url}
    return WebResult(**{name: text.replace("\x00", "")[:MAX_TEXT_CHARS] for name, text in texts.items()})
