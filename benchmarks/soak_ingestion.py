"""Soak test of ingestion: many documents, and servers that are killed at random while they work.

Usage: python -m benchmarks.soak_ingestion [DOCUMENTS] [SECONDS_BETWEEN_KILLS]

Uploads documents (1,000 by default) of several kinds, some of them broken, to `citewell serve`, kills the server with
SIGKILL again and again, and its database every third time, until every document has ended. Then it checks that each
good document is active and found by a word that only it has, that each broken one has failed with a reason, and that
no document has passages twice.
"""

import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
from tests.processes import Serving, citewell

from benchmarks.report import machine, table

DOCUMENTS = 1000
SECONDS = 12.0
BATCH = 50
LONGEST = 3600.0


def word(number: int) -> str:
    """A word that only one document has."""
    return "zq" + "".join("abcdefghij"[int(digit)] for digit in f"{number:05d}")


def document(number: int) -> tuple[str, bytes]:
    """One in twenty is broken."""
    text = f"The report {word(number)} is about machine {word(number)}. " + "It was inspected and found in order. " * 30
    kind = number % 20
    if kind == 19:
        return f"broken-{number}.pdf", b"%PDF-1.7 broken " + word(number).encode()
    if kind % 3 == 0:
        return f"page-{number}.html", f"<h1>Report {number}</h1><p>{text}</p>".encode()
    if kind % 3 == 1:
        return f"table-{number}.csv", ("machine,state\n" + f"{word(number)},{text[:200]}\n" * 5).encode()
    return f"note-{number}.md", f"# Report {number}\n\n{text}".encode()


class Soak:
    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self.kills = self.database_kills = 0
        self.server = self._serve()
        made = citewell("token", "create", "soak@example.org", "--data-dir", str(folder), cwd=folder)
        self.token = made.stdout.strip()
        with self.client() as client:
            self.project = client.post("/projects/", json={"name": "Soak"}).json()["id"]

    def client(self) -> httpx.Client:
        return self.server.client(self.token)

    def upload(self) -> dict[str, int]:
        """Number of each document by its id."""
        found: dict[str, int] = {}
        for start in range(0, self.count, BATCH):
            numbers = range(start, min(start + BATCH, self.count))
            files = [("files", document(number)) for number in numbers]
            with self.client() as client:
                answer = client.post(f"/projects/{self.project}/documents/bulk-upload/", files=files)
            answer.raise_for_status()
            found |= {row["id"]: number for row, number in zip(answer.json(), numbers, strict=True)}
        return found

    def statuses(self) -> list[dict[str, Any]]:
        with self.client() as client:
            rows: list[dict[str, Any]] = client.get(f"/projects/{self.project}/documents/indexing-status/").json()
        return rows

    def kill(self) -> None:
        self.kills += 1
        if self.kills % 3 == 0:
            self.database_kills += 1
            self.server.kill_everything()
        else:
            self.server.process.kill()
            self.server.process.wait()
        self.server = self._serve()

    def _serve(self) -> Serving:
        # Nobody reads its log here: a full pipe would stop it.
        return Serving(self.folder, CITEWELL_LOG_LEVEL="error")

    def run_to_the_end(self, seconds: float) -> list[dict[str, Any]]:
        chance, deadline = random.Random(3), time.monotonic() + LONGEST
        next_kill = time.monotonic() + seconds
        while True:
            rows = self.statuses()
            if all(row["status"] in ("active", "failed") for row in rows):
                return rows
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"not ended: {[row for row in rows if row['status'] not in ('active', 'failed')][:5]}"
                )
            if time.monotonic() > next_kill:
                self.kill()
                next_kill = time.monotonic() + seconds * chance.uniform(0.5, 1.5)
            time.sleep(0.5)

    def problems(self, rows: list[dict[str, Any]], numbers: dict[str, int]) -> list[str]:
        found = [f"{len(rows)} documents of {self.count}"] if len(rows) != self.count else []
        with self.client() as client:
            for row in rows:
                broken = row["document_name"].startswith("broken")
                if row["status"] != ("failed" if broken else "active") or (broken and not row["error"]["message"]):
                    found.append(f"{row['document_name']}: {row['status']} {row['error']}")
                elif not broken:
                    found += self._unfound(client, row, numbers[row["document_id"]])
        return found

    def _unfound(self, client: httpx.Client, row: dict[str, Any], number: int) -> list[str]:
        body = {"query": word(number), "n_objects": 5}
        answer = client.post(f"/projects/{self.project}/retrieve-with-full-text-search/", json=body)
        ids = [result["document_id"] for result in answer.json()["retrieval_results"]]
        return [] if ids == [row["document_id"]] else [f"{row['document_name']}: a search found {ids}"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    soak = Soak(folder, count)
    try:
        started = time.monotonic()
        numbers = soak.upload()
        rows = soak.run_to_the_end(seconds)
        elapsed = time.monotonic() - started
        problems = soak.problems(rows, numbers)
    finally:
        soak.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    active = sum(row["status"] == "active" for row in rows)
    result = [
        ("documents", count),
        ("kills of the server, of them with the database", f"{soak.kills}, {soak.database_kills}"),
        ("active / failed", f"{active} / {len(rows) - active}"),
        ("wrong", len(problems)),
        ("time", f"{elapsed:.0f} s"),
    ]
    print(machine(), "\n", table(("measure", "result"), result), sep="\n")
    print(*problems[:20], sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
