"""Reranking by a model endpoint: the passages that a search found, read again together with the query.

The endpoint is `POST <base>/rerank` with model, query, documents and top_n, answered by results of index and
relevance_score: what Cohere, Jina, vLLM, Infinity and LiteLLM speak.
"""

from collections.abc import Sequence

import aiohttp
import msgspec

from citewell.errors import Unavailable

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)


class _Result(msgspec.Struct):
    index: int
    relevance_score: float


class _Answer(msgspec.Struct):
    results: list[_Result]


class Reranker:
    def __init__(self, base_url: str, model: str, api_key: str | None) -> None:
        self._url = f"{base_url.rstrip('/')}/rerank"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._session: aiohttp.ClientSession | None = None

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How relevant each text is to the query; higher is better. Raises Unavailable."""
        body = {"model": self._model, "query": query, "documents": list(texts), "top_n": len(texts)}
        try:
            async with self._client().post(self._url, json=body) as answer:
                if answer.status != 200:
                    raise Unavailable(f"The reranking endpoint refused the request (HTTP {answer.status}).")
                results = msgspec.json.decode(await answer.read(), type=_Answer).results
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            raise Unavailable(f"The reranking endpoint gave no usable answer ({type(error).__name__}).") from error
        found = {result.index: result.relevance_score for result in results}
        # Those that the endpoint left out are the least relevant.
        least = min(found.values(), default=0.0) - 1.0
        return [found.get(index, least) for index in range(len(texts))]

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT)
        return self._session
