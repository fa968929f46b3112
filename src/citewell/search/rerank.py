"""Reranks the passages that a search found, by a model endpoint that reads each with the query.

The endpoint is `POST <base>/rerank` with model, query, documents and top_n. It answers with results of index and
relevance_score, as Cohere, Jina, vLLM, Infinity and LiteLLM do.
"""

from collections.abc import Sequence

import msgspec

from citewell.errors import Unavailable
from citewell.kit.http import HttpClient, NoReply, ReplyTooLarge, bearer


class _Result(msgspec.Struct):
    index: int
    relevance_score: float


class _Answer(msgspec.Struct):
    results: list[_Result]


class Reranker:
    def __init__(self, base_url: str, model: str, api_key: str | None) -> None:
        self._url = f"{base_url.rstrip('/')}/rerank"
        self._model = model
        self._http = HttpClient(bearer(api_key), seconds=20, attempts=2)

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Returns the relevance of each text to the query; higher is better.

        Raises Unavailable if the endpoint cannot be used.
        """
        body = {"model": self._model, "query": query, "documents": list(texts), "top_n": len(texts)}
        try:
            reply = await self._http.send("POST", self._url, json=body)
            if reply.status != 200:
                raise Unavailable(f"The reranking endpoint refused the request (HTTP {reply.status}).")
            results = msgspec.json.decode(reply.body, type=_Answer).results
        except (NoReply, ReplyTooLarge, msgspec.MsgspecError) as error:
            raise Unavailable(f"The reranking endpoint gave no usable answer ({type(error).__name__}).") from error
        found = {result.index: result.relevance_score for result in results}
        # Texts that the endpoint left out are the least relevant.
        least = min(found.values(), default=0.0) - 1.0
        return [found.get(index, least) for index in range(len(texts))]

    async def aclose(self) -> None:
        await self._http.aclose()
