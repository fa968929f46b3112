"""What surrounds the server breaks while documents are on their way: its disk is full, its database is killed alone."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.processes import Serving, citewell, data_folder, postgres_of, wait_until
from tests.test_crash import document, indexed, words_of

DOCUMENTS = 24
_DISK = "350m"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    """A real file system of its own."""
    disk = data_dir / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield disk
    for process in postgres_of(disk / "data"):
        process.kill()
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def begun(server: Serving, data_dir: Path, repeats: int = 1) -> Iterator[tuple[httpx.Client, str]]:
    """A project in which the first documents are active, and others on their way; these repeat their text."""
    token = citewell("token", "create", "a@example.org", "--data-dir", str(data_dir), cwd=data_dir).stdout.strip()
    with server.client(token) as client:
        project = client.post("/projects/", json={"name": "Outages"}).json()["id"]
        texts = [document(number) * (repeats if number > 2 else 1) for number in range(DOCUMENTS)]
        files = [("files", (f"d{number}.md", text)) for number, text in enumerate(texts)]
        upload = f"/projects/{project}/documents/bulk-upload/"
        assert client.post(upload, files=files[:3]).status_code == 201
        wait_until(lambda: Counter(row["status"] for row in indexed(client, project))["active"] == 3, 240)
        assert client.post(upload, files=files[3:]).status_code == 201
        yield client, project


def assert_all_end_right(client: httpx.Client, project: str, documents: int) -> None:
    wait_until(lambda: all(row["status"] == "active" for row in indexed(client, project)), 240)
    assert len(indexed(client, project)) == documents
    for number in range(0, DOCUMENTS, 8):
        assert words_of(client, project, f"w{number}x3") == [f"d{number}.md"]


def fill(disk: Path) -> Path:
    """Takes all space that is left; again, where some has become free."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            return filler


@pytest.mark.timeout(900)
def test_a_full_disk(small_disk: Path) -> None:
    """Nothing is acknowledged that is not stored, documents say what they wait for, and go on by themselves."""
    server = Serving(small_disk / "data", CITEWELL_EMBEDDING="none")
    try:
        # Short documents fit into what the database has set aside, and may all be done before the disk is full.
        with begun(server, small_disk / "data", repeats=20) as (client, project):
            other = client.post("/projects/", json={"name": "Late"}).json()["id"]
            filler = fill(small_disk)

            def say_why() -> bool:
                return any("disk is full" in (row["waits_for"] or "") for row in indexed(client, project))

            wait_until(say_why, 240)
            late = {"files": ("late.md", document(1000) * 5)}
            upload = f"/projects/{other}/documents/bulk-upload/"
            answer = client.post(upload, files=late)
            while answer.status_code == 201:  # what the server deleted in the meantime was enough for it
                fill(small_disk)
                answer = client.post(upload, files=late)
            assert answer.status_code == 507
            assert "disk is full" in answer.json()["error"]
            filler.unlink()
            assert_all_end_right(client, project, DOCUMENTS)
            assert client.post(upload, files=late).status_code == 201
            wait_until(lambda: [row["status"] for row in indexed(client, other)] == ["active"], 240)
    finally:
        assert server.stop() == 0


@pytest.mark.timeout(900)
def test_the_database_is_killed_alone(data_dir: Path) -> None:
    """The server starts it again, and goes on."""
    server = Serving(data_dir, CITEWELL_EMBEDDING="none")
    try:
        with begun(server, data_dir) as (client, project):
            killed = {process.pid for process in postgres_of(data_dir)}
            for process in postgres_of(data_dir):
                process.kill()

            def answers_again() -> bool:
                running = {process.pid for process in postgres_of(data_dir)}
                return bool(running - killed) and client.get(f"/projects/{project}/").status_code == 200

            wait_until(answers_again, 240)
            assert_all_end_right(client, project, DOCUMENTS)
            os.kill(server.process.pid, 0)  # it is still the same process
    finally:
        assert server.stop() == 0
