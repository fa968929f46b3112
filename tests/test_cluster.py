"""Two servers, two workers, one database, one object store: each process is killed in turn while documents come in and
questions are answered."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from citewell import devmodel
from tests.processes import Serving, citewell, environment
from tests.s3 import s3_server

pytestmark = pytest.mark.cluster

DOCUMENTS = 24
ENDED = ("completed", "failed", "cancelled")
# AttributeError: anyio asks a connection that went at that moment for the address of its peer.
TRANSPORT = (httpx.TransportError, OSError, AttributeError)


class Worker:
    """`citewell worker` as a process of its own."""

    def __init__(self, data_dir: Path, *arguments: str, **env: str) -> None:
        command = [sys.executable, "-m", "citewell", "worker", "--data-dir", str(data_dir), *arguments]
        self.process = subprocess.Popen(command, env=environment(**env), stdout=subprocess.DEVNULL)


class Cluster:
    """Its processes by name; each can be killed and started again, with an empty data folder."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._folder, self._env, self._starts = folder, env, 0
        self.processes: dict[str, Serving | Worker] = {}

    def start(self, name: str) -> None:
        self._starts += 1
        data_dir = self._folder / f"{name}-{self._starts}"
        if name.startswith("server"):
            self.processes[name] = Serving(data_dir, "--no-worker", **self._env)
        else:
            queues = ["--queues", "parse,embed"] if name == "worker-1" else []
            self.processes[name] = Worker(data_dir, *queues, **self._env)

    async def kill(self, name: str) -> None:
        process = self.processes[name].process
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait, 60)  # the store answers from this loop

    def addresses(self) -> list[str]:
        return [one.address for one in self.processes.values() if isinstance(one, Serving)]


def text(number: int) -> bytes:
    return f"# Note {number}\n\nThe word of this note is quokka{number:03}.\n".encode()


class Client:
    """One that tries again with the other server when its own is gone."""

    def __init__(self, cluster: Cluster, token: str) -> None:
        self._cluster = cluster
        self._http = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30, follow_redirects=True)
        self._turn = 0

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        deadline = time.monotonic() + 120
        while True:
            self._turn += 1
            addresses = self._cluster.addresses()
            address = addresses[self._turn % len(addresses)]
            try:
                answer = await self._http.request(method, f"{address}/api/v1{path}", **more)
                if answer.status_code < 500:
                    return answer
            except TRANSPORT:
                pass
            assert time.monotonic() < deadline, f"{method} {path} was not answered"
            await asyncio.sleep(0.1)

    async def upload(self, project: str, number: int) -> str:
        files = [("files", (f"note-{number}.md", text(number)))]
        answer = await self.send("POST", f"/projects/{project}/documents/bulk-upload/", files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["id"])

    async def ask(self, project: str, agent: str, number: int) -> str | None:
        """A question in a conversation of its own; its path where some server began to answer, which may then die."""
        talks = f"/projects/{project}/playground-conversations"
        made = await self.send("POST", f"{talks}/", json={"agent_settings": agent})
        path = f"{talks}/{made.json()['id']}"
        addresses = self._cluster.addresses()
        url = f"{addresses[number % len(addresses)]}/api/v1{path}/send_message_stream/"
        is_begun = False
        try:
            async with self._http.stream("POST", url, json={"message": f"Question {number}?"}) as answer:
                is_begun = answer.status_code == 200
                async for _ in answer.aiter_bytes():
                    pass
        except TRANSPORT:
            pass
        return path if is_begun else None

    async def statuses(self, project: str) -> dict[str, str]:
        path = f"/projects/{project}/documents/indexing-status/"
        rows = (await self.send("GET", path)).json()
        return {row["document_id"]: row["status"] for row in rows}

    async def aclose(self) -> None:
        await self._http.aclose()


async def test_nothing_is_lost_and_nothing_doubled(clone: Any, tmp_path: Path) -> None:
    async with s3_server() as s3, devmodel.serving() as (model, _):
        options = s3.settings()
        env = {
            "CITEWELL_DATABASE_URL": clone(),
            "CITEWELL_EMBEDDING": "none",
            "CITEWELL_MODEL": "openai/paced:tokens=60,rate=20",  # so that a kill meets an answer
            "CITEWELL_MODEL_BASE_URL": model,
            "CITEWELL_FILES_URL": str(options["files_url"]),
            "CITEWELL_FILES_OPTIONS": httpx.Response(200, json=options["files_options"]).text,
            "CITEWELL_SECRET_KEY": "0" * 64,
        }
        made = await asyncio.to_thread(citewell, "token", "create", "a@example.org", cwd=tmp_path, **env)
        cluster = Cluster(tmp_path, env)
        names = ["server-1", "server-2", "worker-1", "worker-2"]
        await asyncio.gather(*(asyncio.to_thread(cluster.start, name) for name in names))
        client = Client(cluster, made.stdout.strip())
        try:
            project = (await client.send("POST", "/projects/", json={"name": "P"})).json()["id"]
            ids: list[str] = []
            uploads = asyncio.create_task(_upload_all(client, project, ids))
            questions = asyncio.create_task(_ask_until(client, project, uploads))
            for name in ("worker-1", "server-1", "worker-2", "server-2"):
                await _until_more_came(ids, uploads)  # so that work is under way
                await cluster.kill(name)
                await asyncio.to_thread(cluster.start, name)
            await uploads
            await _until_active(client, project, ids)
            await _check(client, project)
            for number, path in (await questions).items():
                await _check_answer(client, path, f"Question {number}?")
        finally:
            await client.aclose()
            for name in names:
                await cluster.kill(name)


async def _upload_all(client: Client, project: str, ids: list[str]) -> None:
    for number in range(DOCUMENTS):
        ids.append(await client.upload(project, number))
        await asyncio.sleep(0.1)


async def _until_more_came(ids: list[str], uploads: asyncio.Task[None]) -> None:
    """Until some more documents were acknowledged, or all."""
    wanted = len(ids) + 3
    async with asyncio.timeout(300):
        while len(ids) < wanted and not uploads.done():
            await asyncio.sleep(0.05)


async def _ask_until(client: Client, project: str, uploads: asyncio.Task[None]) -> dict[int, str]:
    """Ask as long as documents come in; the paths of the conversations in which an answer began, by question."""
    agent = (await client.send("GET", f"/projects/{project}/agent-settings/")).json()["results"][0]["id"]
    begun: dict[int, str] = {}
    number = 0
    while not uploads.done():
        path = await client.ask(project, agent, number)
        begun |= {number: path} if path is not None else {}
        number += 1
    assert len(begun) > 1
    return begun


async def _check_answer(client: Client, path: str, question: str) -> None:
    """The question stands there once, its turn has ended, and a turn that broke off says so."""
    deadline = time.monotonic() + 240
    while True:
        turns = (await client.send("GET", f"{path}/turns/")).json()["results"]
        if [turn["state"] for turn in turns if turn["state"] in ENDED]:
            break
        assert time.monotonic() < deadline, turns
        await asyncio.sleep(0.2)
    assert len(turns) == 1, turns
    history = (await client.send("GET", f"{path}/")).json()["chat_history"]
    assert [one["content"] for one in history if one["role"] == "user"] == [question]
    assert history[-1]["role"] == "assistant", history
    assert turns[0]["state"] == "completed" or history[-1]["state"] == "failed", history


async def _until_active(client: Client, project: str, ids: list[str]) -> None:
    deadline = time.monotonic() + 180
    while True:
        found = await client.statuses(project)
        if len(found) == DOCUMENTS and set(found.values()) == {"active"}:
            break
        assert time.monotonic() < deadline, Counter(found.values())
        await asyncio.sleep(0.5)
    assert set(ids) == set(found), "each was acknowledged once, and is there once"


async def _check(client: Client, project: str) -> None:
    listed = (await client.send("GET", f"/projects/{project}/documents/?limit=100")).json()["results"]
    assert Counter(item["name"] for item in listed) == {f"note-{number}.md": 1 for number in range(DOCUMENTS)}
    for number in range(0, DOCUMENTS, 7):
        query = {"query": f"quokka{number:03}"}
        found = await client.send("POST", f"/projects/{project}/retrieve-with-full-text-search/", json=query)
        assert found.text.count(f"quokka{number:03}") >= 1, found.text[:300]
