"""The command line as its user meets it: real processes, real exit codes."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.cli.conftest import Here
from tests.processes import Serving, citewell, data_folder, postgres_of
from tests.samples import HANDBOOK, PRICES

COMMANDS = [["serve"], ["worker"], ["ask"], ["ingest"], ["project", "create"], ["token", "create"], ["doctor"]]
COMMANDS += [["token", "list"], ["token", "revoke"], ["user", "create"], ["user", "password"]]
COMMANDS += [["user", "deactivate"], ["user", "activate"]]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def serving(data_dir: Path) -> Iterator[Serving]:
    server = Serving(data_dir, "--demo", first_start=True)
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_the_common_options(command: list[str], here: Here) -> None:
    shown = here(*command, "--help")
    assert shown.returncode == 0
    assert "Example:" in shown.stdout
    assert "--data-dir" in shown.stdout
    assert "--database-url" in shown.stdout


def test_the_first_start_prints_a_request_that_streams_a_cited_answer(serving: Serving) -> None:
    serving.read_until("The demo project is ready")
    url = serving.read_until(r'curl -N "([^"]+)"').group(1)
    token = serving.read_until(r"Bearer (cw_\S+?)\"").group(1)
    message = json.loads(serving.read_until(r"-d '(.*)'").group(1))
    answer = httpx.post(url, json=message, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert events[-1]["type_streaming"] == "streaming_completed"
    last = events[-1]["payload"]["chat_history"][-1]
    assert "26 months" in last["content"]
    assert last["citations"][0]["document_name"] == "kestrel-k2-field-manual.pdf"
    assert last["citations"][0]["min_page"] == 2


def test_commands_work_beside_a_running_server(serving: Serving, data_dir: Path, tmp_path: Path) -> None:
    options = ["--data-dir", str(data_dir)]
    project = citewell("project", "create", "Beside", *options, cwd=tmp_path)
    assert project.returncode == 0, project.stderr
    token = citewell("token", "create", "owner@localhost", *options, cwd=tmp_path)
    assert token.stdout.count("\n") == 1, "only the token"
    empty = citewell("ask", "--project", "Beside", "Why?", *options, cwd=tmp_path)
    assert empty.returncode == 1
    assert "no documents yet" in empty.stderr
    (tmp_path / "handbook.md").write_bytes(HANDBOOK)
    (tmp_path / "prices.html").write_bytes(PRICES)
    done = citewell("ingest", "Beside", "handbook.md", "prices.html", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "active  handbook.md" in done.stdout
    project_id = project.stdout.strip()
    listed = citewell("project", "list", *options, cwd=tmp_path).stdout.splitlines()
    assert [line.split() for line in listed if project_id in line] == [[project_id, "2", "Beside"]]
    question = "How much may a hotel room cost in Oslo?"
    asked = citewell("ask", "--project", "Beside", question, *options, cwd=tmp_path)
    assert "210 EUR" in asked.stdout, asked.stderr
    assert asked.stdout.count("In Zurich and Oslo the limit is 210 EUR.") == 1, "a quote is printed once"
    with serving.client(token.stdout.strip()) as client:
        found = client.get(f"/projects/{project_id}/documents/").json()
        conversations = client.get(f"/projects/{project_id}/playground-conversations/").json()
        conversation_id = conversations["results"][0]["id"]
        kept = client.get(f"/projects/{project_id}/playground-conversations/{conversation_id}/").json()
        [citation, *_] = kept["chat_history"][-1]["citations"]
        page = client.get(citation["reference_url"], params={"verbatim": citation["verbatim"]})
    assert found["count"] == 2
    assert [row["name"] for row in conversations["results"]] == [question], "named after its first question"
    assert page.status_code == 200
    assert "<mark" in page.text, "its citations open in the browser as those of other answers"
    evaluated = citewell("eval", "--project", "Beside", "--agent", "Default agent", *options, cwd=tmp_path)
    assert evaluated.returncode == 1
    assert "no ground truths to ask" in evaluated.stderr, "the agent is found by its name"
    with serving.client(token.stdout.strip()) as client:
        for document in found["results"]:
            client.delete(f"/projects/{project_id}/documents/{document['id']}/").raise_for_status()
    emptied = citewell("ask", "--project", "Beside", "Why?", *options, cwd=tmp_path)
    assert "no documents yet" in emptied.stderr, "deleted documents do not count"


def test_ingest_names_the_files_that_failed(serving: Serving, data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    citewell("project", "create", "Failing", "--data-dir", str(data_dir), cwd=tmp_path)
    done = citewell("ingest", "Failing", "empty.pdf", "--data-dir", str(data_dir), cwd=tmp_path)
    assert done.returncode == 1
    assert "failed  empty.pdf" in done.stdout
    assert "1 of 1" in done.stderr


def test_doctor_beside_a_running_server(serving: Serving, data_dir: Path, tmp_path: Path) -> None:
    report = citewell("doctor", "--data-dir", str(data_dir), cwd=tmp_path)
    assert report.returncode == 0, report.stdout + report.stderr
    for subject in (
        "data directory",
        "PostgreSQL",
        "vector",
        "pg_textsearch",
        "model",
        "embedding model",
        "text recognition",
        "old Office formats",
    ):
        assert subject in report.stdout


def test_data_is_for_its_user_alone(serving: Serving, data_dir: Path) -> None:
    """Documents, uploads, mails, locks and models: no other user may read or hold them."""
    # The server of a root user passes through the data directory itself; everything in it is closed.
    open_to_others = [path for path in data_dir.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert {"files", "postgres", "postgres.lock"} <= {path.name for path in data_dir.iterdir()}


def test_a_second_start_and_its_end(data_dir: Path, serving: Serving) -> None:
    """The token is not shown again; SIGTERM leaves no process behind."""
    assert serving.stop() == 0
    assert postgres_of(data_dir) == []
    again = Serving(data_dir, "--demo")
    again.read_until("The demo project is ready")
    again.read_until("curl -N")
    assert again.stop() == 0
    assert "shown this once" not in "".join(again.output)
    assert postgres_of(data_dir) == []


def test_a_port_that_is_taken(serving: Serving, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = citewell("serve", "--port", port, "--data-dir", "d", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"citewell: Port {port} of 127.0.0.1 is in use: choose another with --port.\n"


def test_ask_answers_from_files(tmp_path: Path) -> None:
    (tmp_path / "handbook.md").write_bytes(HANDBOOK)
    done = citewell("ask", "How much may a hotel room cost in Oslo?", "handbook.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "210 EUR" in done.stdout
    assert "Sources" in done.stdout
    assert "[1] handbook.md" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["handbook.md"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("command", [["parse"], ["ask", "Why?"], ["import", "--data-dir", "d"]])
@pytest.mark.parametrize("special", ["pipe", "/dev/zero"])
def test_no_command_waits_for_a_pipe_or_reads_a_device(
    command: list[str], special: str, here: Here, tmp_path: Path
) -> None:
    """A pipe that nobody writes to would be waited for, and a device may have no end."""
    os.mkfifo(tmp_path / "pipe")
    done = here(*command, special)
    assert done.returncode == 1
    assert "It is a pipe or a device, and no file." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask"], "question"),
        (["nonsense"], "No such command 'nonsense'"),
        (["serve", "--port", "http"], "integer"),
        (["ask", "Why?", "nowhere.pdf"], "nowhere.pdf"),
        (["ask", "Why?", "."], "is a folder"),
        (["ask", " ", "x.md"], "question is empty"),
        (["ask", "x.md", "Why?"], "question comes first"),
        (["token", "create", "not-an-address", "--data-dir", "d"], "not an email address"),
        (["ingest", "Nothing", "x.md", "--data-dir", "d"], "There is no database in"),
        (["ask", "--project", "Nothing", "Why?", "--data-dir", "d"], "There is no database in"),
        (["source", "add", "Docs", "rss", "News", "--set", "url=x", "--data-dir", "d"], "There is no database in"),
        (["ask", "Why?"], "a project to ask with --project"),
        (["doctor", "--database-url", "mysql://x/y"], "must be PostgreSQL"),
        (["token", "create", "a@b.c", "--database-url", "postgresql://nobody@127.0.0.1:9/x"], "does not answer"),
        (["project", "create", "x", "--data-dir", "/proc/nowhere"], "Cannot write"),
        (["project", "create", " ", "--data-dir", "d"], "name: String should have at least 1 character."),
    ],
)
def test_failures_are_one_clear_line(arguments: list[str], says: str, here: Here, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"# X")
    done = here(*arguments)
    assert done.returncode != 0
    assert says in done.stderr + done.stdout
    assert done.stderr.count("\n") == 1 + done.stderr.startswith("Running as root")
    assert "Traceback" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.startswith("citewell:")]
    assert len(lines) == 1, done.stderr


def test_a_wrong_setting_is_named(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_MODEL_TIMEOUT", "soon")
    done = here("doctor")
    assert done.returncode == 1
    assert "CITEWELL_MODEL_TIMEOUT" in done.stderr
