"""What streams answers: the product, the model server behind it, and a proxy that only passes bytes on."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random
from typing import Any

import aiohttp
import psutil

from benchmarks.streaming.data import words


class Target(ABC):
    """Something that streams answers: how to ask it, and the process whose cost counts."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.process = psutil.Process(pid)

    @abstractmethod
    async def prepare(self, count: int, model: str) -> None:
        """Have `count` answers of that model ready to be asked for."""

    @abstractmethod
    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        """Begin the answer with that number."""

    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


class Plain(Target):
    """The model server or the proxy: the request of the second call, which answers at once."""

    def __init__(self, name: str, pid: int, url: str) -> None:
        super().__init__(name, pid)
        self._url = url

    async def prepare(self, count: int, model: str) -> None:
        """Nothing: a request is all it takes."""

    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        result = {"role": "tool", "tool_call_id": "call_1", "content": "[c1] a document\nsome words of it"}
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Well?"}, result]}
        return await session.post(self._url, json=body)


class Product(Target):
    """Each answer in a conversation of its own, with a question of its own."""

    def __init__(self, pid: int, address: str, project: str, token: str, choose: Callable[[str], Any]) -> None:
        super().__init__("Citewell", pid)
        self._base = f"{address}/api/v1/projects/{project}"
        self.headers = {"Authorization": f"Bearer {token}"}
        self._choose = choose
        self._talks: list[str] = []

    async def until_embedding(self) -> None:
        """Waits until the server's embedding model is ready; without one, returns at once."""
        url = self._base.partition("/api/")[0] + "/v1/embeddings"
        async with session() as opened, opened.post(url, json={"input": "Well?"}, headers=self.headers) as answer:
            await answer.read()

    async def prepare(self, count: int, model: str) -> None:
        await self._choose(model)
        async with aiohttp.ClientSession(headers=self.headers) as session:
            async with session.get(f"{self._base}/agent-settings/") as answer:
                agent = (await answer.json())["results"][0]["id"]
            self._talks = []
            for _ in range(count):
                body = {"agent_settings": agent}
                async with session.post(f"{self._base}/playground-conversations/", json=body) as answer:
                    self._talks.append((await answer.json())["id"])

    async def ask(self, session: aiohttp.ClientSession, number: int, model: str, mode: str) -> aiohttp.ClientResponse:
        url = f"{self._base}/playground-conversations/{self._talks[number]}/send_message_stream/"
        params = {"stream_mode": mode}
        return await session.post(
            url, json={"message": f"What about {words(Random(number), 8)}?"}, params=params, headers=self.headers
        )

    async def stop(self, session: aiohttp.ClientSession, number: int) -> None:
        url = f"{self._base}/playground-conversations/{self._talks[number]}/turns/0/cancel/"
        async with session.post(url, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=2**18)
