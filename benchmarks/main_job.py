"""The main job on real documents: upload to searchable, search, and what the server adds before the first token.

Usage: python -m benchmarks.main_job [FOLDER_OF_PDFS]

Starts `citewell serve` on a data directory of its own and talks to it over HTTP; the model is `citewell dev-model`, so
that its own time is known and can be taken off. Without an argument the folder is ../shared/samples/sec-10q beside the
repository.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx2 as httpx
import psutil
from tests.processes import DevModel, Serving, citewell, postgres_of, wait_until

from benchmarks.report import machine, percentile, table
from citewell.process import open_process
from citewell.settings import Settings

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "sec-10q"
QUESTIONS = (
    "What were Apple's total net sales in the quarter ended July 1, 2023?",
    "How much did Amazon Web Services earn in the third quarter?",
    "What does NVIDIA say about export controls?",
    "Microsoft Intelligent Cloud revenue growth",
    "How much cash did Apple return to shareholders?",
    "What are the risks of foreign exchange rates?",
    "How many shares of common stock were outstanding?",
    "Research and development expenses compared with the prior year",
    "What legal proceedings does the company describe?",
    "Which segments does Amazon report?",
)
ROUNDS = 10
MODEL = "openai/tool:tokens=50"


@dataclass(frozen=True)
class CpuSeconds:
    """What the processes of a server have used, parsing processes that have ended included."""

    server: float
    parsing: float
    database: float

    @classmethod
    def of(cls, server: Serving) -> "CpuSeconds":
        process = psutil.Process(server.process.pid)
        times = process.cpu_times()
        running = [_cpu_seconds(child) for child in process.children(recursive=True) if child.name() != "postgres"]
        ended = times.children_user + times.children_system
        return cls(
            times.user + times.system, ended + sum(running), sum(map(_cpu_seconds, postgres_of(server.data_dir)))
        )

    def since(self, before: "CpuSeconds") -> "CpuSeconds":
        return CpuSeconds(self.server - before.server, self.parsing - before.parsing, self.database - before.database)

    @property
    def total(self) -> float:
        return self.server + self.parsing + self.database

    def __str__(self) -> str:
        return f"{self.server:.1f}, {self.parsing:.1f}, {self.database:.1f} s"


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    files = sorted(folder.glob("*.pdf"))
    if not files:
        print(f"Skipped: no PDFs in {folder}.")
        return
    data_dir = Path(tempfile.mkdtemp(prefix="cw-b-"))
    model = DevModel()
    settings = {"CITEWELL_MODEL": MODEL, "CITEWELL_MODEL_BASE_URL": model.url, "CITEWELL_MODEL_API_KEY": "none"}
    server = Serving(data_dir, **settings)
    try:
        token = citewell("token", "create", "bench@example.org", "--data-dir", str(data_dir), cwd=data_dir).stdout
        with server.client(token.strip()) as client:
            project = client.post("/projects/", json={"name": "Reports"}).json()["id"]
            rows = _ingest(server, client, project, files)
            rows += [_without_model(files)]
            rows += asyncio.run(_search(data_dir, UUID(project)))
            rows += _first_token(client, project, model.url)
        print(machine())
        print()
        print(table(["measure", "result"], rows))
    finally:
        server.stop()
        model.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


def _ingest(server: Serving, client: httpx.Client, project: str, files: list[Path]) -> list[tuple[str, str]]:
    before, started = CpuSeconds.of(server), time.monotonic()
    uploads = [("files", (path.name, path.read_bytes())) for path in files]
    answer = client.post(f"/projects/{project}/documents/bulk-upload/", files=uploads)
    answer.raise_for_status()
    uploaded = time.monotonic() - started
    ids = ",".join(row["id"] for row in answer.json())

    def statuses() -> list[str]:
        found = client.get(f"/projects/{project}/documents/indexing-status/", params={"document_ids": ids})
        return [row["status"] for row in found.json()]

    wait_until(lambda: all(status in ("active", "failed") for status in statuses()), 600)
    seconds = time.monotonic() - started
    spent = CpuSeconds.of(server).since(before)
    active = statuses().count("active")
    listed = client.get(f"/projects/{project}/documents/", params={"limit": 100}).json()["results"]
    pages = sum(row["page_count"] or 0 for row in listed)
    return [
        (f"{len(files)} PDFs, {pages} pages: upload answered", f"{uploaded:.2f} s"),
        (f"upload to `active` ({active} of {len(files)})", f"{seconds:.1f} s"),
        ("pages per second, upload to `active`", f"{pages / seconds:.1f}"),
        ("pages per second and core (of the CPU time)", f"{pages / spent.total:.1f}"),
        ("CPU time: server, its parsing processes, database", str(spent)),
    ]


def _without_model(files: list[Path]) -> tuple[str, str]:
    """The same by words alone: what is missing then is the work of the embedding model."""
    data_dir = Path(tempfile.mkdtemp(prefix="cw-b-"))
    server = Serving(data_dir, CITEWELL_EMBEDDING="none")
    try:
        token = citewell("token", "create", "bench@example.org", "--data-dir", str(data_dir), cwd=data_dir).stdout
        with server.client(token.strip()) as client:
            project = client.post("/projects/", json={"name": "Reports"}).json()["id"]
            rows = dict(_ingest(server, client, project, files))
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)
    taken, _, spent = [value for name, value in rows.items() if "active` (" in name or "core" in name or "CPU" in name]
    return "without an embedding model: seconds; CPU time", f"{taken}; {spent}"


async def _search(data_dir: Path, project: UUID) -> list[tuple[str, str]]:
    """Hybrid retrieval with the embedding of the query, in a process beside the server."""
    times: list[float] = []
    async with open_process(Settings(data_dir=data_dir)) as process:
        for question in QUESTIONS:
            await process.retriever.search(project, question)
        for _ in range(ROUNDS):
            for question in QUESTIONS:
                started = time.perf_counter()
                await process.retriever.search(project, question)
                times.append(time.perf_counter() - started)
        hits = await process.retriever.search(project, QUESTIONS[0], limit=5)
    rank = next(
        (
            str(place)
            for place, hit in enumerate(hits, 1)
            if "2023 Q3 AAPL" in hit.document_name and "81,797" in hit.content
        ),
        "not among 5",
    )
    return [
        (
            "hybrid retrieval, p50 / p95",
            f"{percentile(times, 0.5) * 1000:.1f} / {percentile(times, 0.95) * 1000:.1f} ms",
        ),
        (f"rank of the right page for “{QUESTIONS[0]}”", rank),
    ]


def _first_token(client: httpx.Client, project: str, model_url: str) -> list[tuple[str, str]]:
    """From the request to the first text of the answer, with one search between two model calls."""
    agent = client.get(f"/projects/{project}/agent-settings/").json()["results"][0]["id"]
    answered, alone = [], []
    for question in QUESTIONS * 3:
        body = {"agent_settings": agent}
        conversation = client.post(f"/projects/{project}/playground-conversations/", json=body).json()["id"]
        path = f"/projects/{project}/playground-conversations/{conversation}/send_message_stream/"
        answered.append(_seconds_until(client, path, {"message": question}, "token_streaming"))
        alone.append(_model_seconds(model_url, question))
    added = median(answered) - median(alone)
    return [("first token, added to the model's own (one search, p50)", f"{added * 1000:.1f} ms")]


def _model_seconds(model_url: str, question: str) -> float:
    """What the model server itself takes: a call that asks for the tool, and one that answers."""
    tool = {"type": "function", "function": {"name": "search_documents", "parameters": {"type": "object"}}}
    asked = {"role": "user", "content": question}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "[c1] a document\nsome words of it"}
    body = {"model": MODEL.split("/", 1)[1], "stream": True, "tools": [tool]}
    with httpx.Client() as client:
        url = f"{model_url}/chat/completions"
        call = _seconds_until(client, url, body | {"messages": [asked]}, "tool_calls")
        return call + _seconds_until(client, url, body | {"messages": [asked, result]}, '"content":"The d')


def _seconds_until(client: httpx.Client, url: str, body: dict[str, object], wanted: str) -> float:
    """Seconds until a line with the text has come; the stream is then read to its end."""
    started, found = time.perf_counter(), 0.0
    with client.stream("POST", url, json=body) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if not found and wanted in line and "start_token" not in line:
                found = time.perf_counter() - started
    assert found, f"no {wanted} in the stream of {url}"
    return found


if __name__ == "__main__":
    main()
