"""A large file through a signed address, broken off half way and taken up again: memory of the server, and speed.

Usage: python -m benchmarks.large_upload [--gigabytes N]

The file goes to `citewell serve`, is confirmed without being parsed, is downloaded again, and its SHA-256 is compared.
Then a file of the same size goes through the ordinary upload. Needs five times its size in the temporary folder.
"""

import argparse
import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
from tests.processes import Serving, citewell

from benchmarks.report import machine, table

GB = 10**9
PIECE = 2**20


class Peak:
    """The largest resident memory of a process while the body runs, in MiB."""

    def __init__(self, pid: int) -> None:
        self._process, self._ended = psutil.Process(pid), threading.Event()
        self.before = self.highest = self._now()

    def __enter__(self) -> "Peak":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            self.highest = max(self.highest, self._now())

    def _now(self) -> float:
        return float(self._process.memory_info().rss) / 2**20


def pieces(size: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of a file that nobody has to keep: each piece of 1 MiB is filled with its number."""
    end = size if end is None else end
    for number in range(start // PIECE, -(-end // PIECE)):
        whole = (f"line of piece {number:08d}\n".encode() * (PIECE // 23 + 1))[:PIECE]
        first = number * PIECE
        yield whole[max(start - first, 0) : min(end - first, PIECE)]


def broken_off(client: httpx.Client, address: str, size: int) -> None:
    """Send a half, and close the connection there."""

    def half() -> Iterator[bytes]:
        yield from pieces(size, 0, size // 2)
        raise ConnectionResetError

    headers = {"Content-Range": f"bytes 0-{size - 1}/{size}", "Content-Length": str(size)}
    try:
        client.put(address, content=half(), headers=headers)
    except (ConnectionResetError, httpx.TransportError):
        return


def from_there(client: httpx.Client, address: str, size: int, there: int) -> httpx.Response:
    headers = {"Content-Range": f"bytes {there}-{size - 1}/{size}", "Content-Length": str(size - there)}
    return client.put(address, content=pieces(size, there), headers=headers)


def signed(client: httpx.Client, project: str, size: int) -> str:
    """The id of the document."""
    body = {"filename": "large.txt", "content_type": "text/plain"}
    place = client.post(f"/projects/{project}/documents/generate-presigned-upload-url/", json=body).json()
    with httpx.Client(timeout=600) as bare:
        broken_off(bare, place["upload_url"], size)
        there = int(bare.head(place["upload_url"]).headers["Upload-Offset"])
        sent = from_there(bare, place["upload_url"], size, there)
        if sent.status_code == 409:  # more of the first half arrived after the question
            there = int(sent.headers["Upload-Offset"])
            sent = from_there(bare, place["upload_url"], size, there)
        if sent.status_code != 200 or there == 0:
            raise SystemExit(f"not resumed behind byte {there}: {sent.status_code} {sent.text}")
    done = {"document_id": place["document_id"], "skip_parsing": True}
    answer = client.post(f"/projects/{project}/documents/confirm-upload/", json=done)
    answer.raise_for_status()
    return str(place["document_id"])


def ordinary(client: httpx.Client, project: str, file: Path) -> str:
    with file.open("rb") as content:
        answer = client.post(
            f"/projects/{project}/documents/bulk-upload/",
            files=[("files", ("other.txt", content))],
            data={"skip_parsing": "true"},
        )
    answer.raise_for_status()
    return str(answer.json()[0]["id"])


def downloaded(client: httpx.Client, project: str, document: str) -> bytes:
    digest = hashlib.sha256()
    with client.stream("GET", f"/projects/{project}/documents/{document}/file/") as answer:
        for piece in answer.iter_bytes():
            digest.update(piece)
    return digest.digest()


def run(folder: Path, size: int) -> list[tuple[Any, ...]]:
    digest = hashlib.sha256()
    file = folder / "file"
    with file.open("wb") as target:
        for number, piece in enumerate(pieces(size)):
            digest.update(piece)
            # The ordinary upload gets another file: the same one would not be stored again.
            target.write(piece if number else piece.replace(b"line", b"Line"))
    server = Serving(folder / "data")
    rows: list[tuple[Any, ...]] = []

    def measured(name: str, step: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        with Peak(server.process.pid) as peak:
            result = step()
        seconds = time.perf_counter() - started
        rows.append((name, f"{size / seconds / 1e6:.0f}", f"{peak.before:.0f}", f"{peak.highest:.0f}"))
        return result

    try:
        made = citewell("token", "create", "big@example.org", "--data-dir", str(folder / "data"), cwd=folder)
        with server.client(made.stdout.strip()) as client:
            client.timeout = httpx.Timeout(600)
            project = client.post("/projects/", json={"name": "Large"}).json()["id"]
            document = measured("signed address, broken off and resumed", lambda: signed(client, project, size))
            found = measured("download", lambda: downloaded(client, project, document))
            if found != digest.digest():
                raise SystemExit("what was downloaded is not what was sent")
            measured("ordinary upload", lambda: ordinary(client, project, file))
    finally:
        server.stop()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    size = int(parser.parse_args().gigabytes * GB)
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder:
        rows = run(Path(folder), size)
    print(f"{size:,} bytes; {machine()}\n")
    print(table(("what", "MB/s", "server's memory before: MiB", "at its peak: MiB"), rows), flush=True)


if __name__ == "__main__":
    main()
