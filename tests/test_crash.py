"""Nothing acknowledged is lost: kill -9 of the server and its database, then a start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg
import pytest

from citewell.db.embedded import EmbeddedPostgres
from tests.processes import Serving, citewell, data_folder, postgres_of, wait_until

TOGETHER = 8  # documents of one upload: small files that come together share a job


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def document(number: int) -> bytes:
    paragraphs = "\n\n".join(
        f"## Section {part}\n\nDocument {number} says in section {part}: the word of the day is w{number}x{part}. "
        + "The rest of this paragraph only makes the section long enough to stand alone as a chunk of its own. " * 2
        for part in range(6)
    )
    return f"# Document {number}\n\n{paragraphs}\n".encode()


def indexed(client: httpx.Client, project: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/projects/{project}/documents/indexing-status/").json()
    return rows


def words_of(client: httpx.Client, project: str, query: str) -> list[str]:
    """The documents that a search by words finds."""
    answer = client.post(f"/projects/{project}/retrieve-with-full-text-search/", json={"query": query})
    return [row["name"] for row in answer.json()["retrieval_results"]]


@pytest.mark.timeout(900)
def test_kill_in_the_middle_of_indexing(data_dir: Path) -> None:
    first = Serving(data_dir)
    token = citewell("token", "create", "a@example.org", "--data-dir", str(data_dir), cwd=data_dir).stdout.strip()
    with first.client(token) as client:
        project = client.post("/projects/", json={"name": "Killed"}).json()["id"]
        uploads = 0

        def upload() -> None:
            nonlocal uploads
            numbers = range(uploads * TOGETHER, (uploads + 1) * TOGETHER)
            files = [("files", (f"d{number}.md", document(number))) for number in numbers]
            uploaded = client.post(f"/projects/{project}/documents/bulk-upload/", files=files)
            assert uploaded.status_code == 201
            uploads += 1

        def some_begun() -> bool:
            stages = {row["stage"] for row in indexed(client, project)}
            if stages == {"published"}:  # it was faster than this looked
                upload()
            return bool(stages & {"parsed", "chunked", "embedded"})

        for _ in range(3):
            upload()
        wait_until(some_begun, 240)
    first.kill_everything()

    second = Serving(data_dir)
    try:
        with second.client(token) as client:
            wait_until(lambda: all(row["status"] == "active" for row in indexed(client, project)), 240)
            assert len(indexed(client, project)) == uploads * TOGETHER
            runs = client.get(f"/projects/{project}/pipeline-runs/").json()["results"]
            assert [run["status"] for run in runs] == uploads * ["completed"]
            for number in range(0, uploads * TOGETHER, 5):
                assert words_of(client, project, f"w{number}x3") == [f"d{number}.md"]
    finally:
        assert second.stop() == 0
    with EmbeddedPostgres(data_dir) as url, psycopg.connect(url) as connection:
        _assert_whole(connection, project, uploads * TOGETHER)


def _assert_whole(connection: psycopg.Connection[Any], project: str, documents: int) -> None:
    """Each document's chunks give back its text, once; each chunk is searchable, once."""
    versions = connection.execute(
        "SELECT version_id, array_agg(ordinal ORDER BY ordinal), array_agg(start_offset ORDER BY ordinal),"
        " array_agg(end_offset ORDER BY ordinal), string_agg(content, '' ORDER BY ordinal)"
        " FROM chunks WHERE project_id = %s GROUP BY version_id",
        [project],
    ).fetchall()
    assert len(versions) == documents
    words = set()
    for _, ordinals, starts, ends, text in versions:
        assert ordinals == list(range(len(ordinals)))
        assert starts[1:] == ends[:-1]
        found = {word for word in text.replace(".", " ").split() if word.startswith("w") and "x" in word[1:]}
        assert len(found) == 6
        assert all(text.count(f"{word}.") == 1 for word in found)
        words |= found
    assert len(words) == 6 * documents
    missing = connection.execute(
        "SELECT count(*) FROM chunks c WHERE project_id = %s AND NOT EXISTS ("
        "SELECT 1 FROM passages p WHERE p.project_id = c.project_id AND p.chunk_id = c.id)",
        [project],
    ).fetchone()
    assert missing == (0,)
    staged = connection.execute("SELECT count(*) FROM staged_passages").fetchone()
    assert staged == (0,)


def test_a_start_after_kill_answers_what_was_uploaded_before(data_dir: Path) -> None:
    """Acknowledged and killed at once: the upload is there and becomes active."""
    first = Serving(data_dir, CITEWELL_EMBEDDING="none")
    token = citewell("token", "create", "a@example.org", "--data-dir", str(data_dir), cwd=data_dir).stdout.strip()
    with first.client(token) as client:
        project = client.post("/projects/", json={"name": "Killed"}).json()["id"]
        files = [("files", ("d.md", document(1)))]
        assert client.post(f"/projects/{project}/documents/bulk-upload/", files=files).status_code == 201
    first.kill_everything()
    second = Serving(data_dir, CITEWELL_EMBEDDING="none")
    with second.client(token) as client:
        wait_until(lambda: [row["status"] for row in indexed(client, project)] == ["active"], 240)
    assert second.stop() == 0
    assert postgres_of(data_dir) == []
