"""Searching the web through an endpoint that the operator names.

The endpoint has the interface of SearXNG: `GET <url>?q=<words>&format=json` returns
`{"results": [{"title": ..., "url": ..., "content": ...}, ...]}`. A key is sent as `Authorization: Bearer <key>`. The
pages that a result names are never fetched.
"""

from typing import Any

import msgspec

from citewell.agent.protocol import ToolFailure
from citewell.kit.http import HttpClient, NoReply, ReplyTooLarge, bearer

MAX_ANSWER_BYTES = 1024 * 1024
MAX_TEXT_CHARS = 2000  # of one result


class WebResult(msgspec.Struct, frozen=True):
    """A page that was found. `content` is an excerpt."""

    title: str = ""
    url: str = ""
    content: str | None = ""


class _Answer(msgspec.Struct):
    results: list[WebResult]


class WebSearcher:
    """Searches through the endpoint at `url`. `api_key` is sent as a bearer token."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self._url = url
        self._http = HttpClient({"Accept": "application/json", **bearer(api_key)}, seconds=15, attempts=2)

    async def search(self, query: str, limit: int) -> list[WebResult]:
        """Returns at most `limit` results with an HTTP or HTTPS URL. Each text is cut to MAX_TEXT_CHARS.

        Raises ToolFailure if the endpoint refuses, does not answer, or sends something else.
        """
        parameters = {"q": query, "format": "json"}
        try:
            reply = await self._http.send("GET", self._url, params=parameters, max_bytes=MAX_ANSWER_BYTES)
            if reply.status != 200:
                raise ToolFailure(f"The web search refused the request (HTTP {reply.status}).")
            found = msgspec.json.decode(reply.body, type=_Answer).results
        except NoReply as error:
            raise ToolFailure(f"The web search did not answer ({error}).") from error
        except ReplyTooLarge:
            raise ToolFailure("The answer of the web search is too large.") from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ToolFailure("The answer of the web search cannot be read.") from None
        usable = [result for result in found if result.url.startswith(("https://", "http://"))]
        return [_cut(result) for result in usable[:limit]]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _cut(result: WebResult) -> WebResult:
    texts: dict[str, Any] = {"title": result.title, "content": result.content or "", "url": result.url}
    return WebResult(**{name: text.replace("\x00", "")[:MAX_TEXT_CHARS] for name, text in texts.items()})
