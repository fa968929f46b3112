"""What `citewell doctor` says of programs that may be missing."""

import json
import shutil
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from citewell.backup.repository import mark_backup
from citewell.cli.outside_checks import check_providers, check_store
from citewell.db.engine import libpq_url
from citewell.installation.checks import check_converter, check_exposure, check_recognition, check_schema, check_use
from citewell.installation.database_checks import check_server
from citewell.kit.time import now
from citewell.settings import Settings
from tests.processes import citewell


def test_what_is_missing_is_a_note_with_its_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    recognition, converter = check_recognition(Settings()), check_converter()
    assert (recognition.level, converter.level) == ("note", "note")
    assert "scanned pages and pictures fail" in recognition.text
    assert "apt-get install tesseract-ocr" in recognition.text
    assert "DOC, XLS and PPT are refused" in converter.text


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_language_that_is_not_installed_must_be_mended() -> None:
    assert check_recognition(Settings(recognition_languages="eng")).level == "ok"
    finding = check_recognition(Settings(recognition_languages="eng+xyz"))
    assert finding.level == "bad"
    assert "no xyz" in finding.text
    assert "CITEWELL_RECOGNITION_LANGUAGES" in finding.text
    assert "eng" in finding.text


_WAITING_JOB = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
    VALUES ('parse', 'ingestion:parse', '{}', now() - interval '1 hour')
"""


def jobs(connection: psycopg.Connection[Any], level: str) -> str:
    [finding] = [finding for finding in check_server(connection) if finding.subject == "jobs"]
    assert finding.level == level, finding
    return finding.text


async def test_what_an_address_and_a_provider_lack() -> None:
    settings = Settings(public_url="http://kb.example.org")
    assert {finding.subject for finding in check_exposure(settings)} == {"public address", "allowed hosts"}
    right = Settings(public_url="https://kb.example.org", allowed_hosts=["kb.example.org"])
    assert not list(check_exposure(right))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
    provider = {"name": "Acme", "issuer": issuer, "client_id": "kb", "client_secret": "s"}
    [finding] = await check_providers(Settings(oidc_providers={"acme": provider}))
    assert (finding.level, finding.subject) == ("bad", "identity provider acme")
    assert issuer in finding.text


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = await check_store(Settings(data_dir=tmp_path / "file"))
    assert finding.level == "bad"
    assert f"Cannot keep files in {tmp_path / 'file' / 'files'} (Not a directory)" in finding.text


def test_daily_use_is_told_for_machines(database_url: str, tmp_path: Path) -> None:
    done = citewell(
        *("doctor", "--json", "--database-url", database_url, "--data-dir", str(tmp_path)),
        *("--url", "http://127.0.0.1:1"),
        cwd=tmp_path,
    )
    found = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert found["backup"]["level"] == found["server"]["level"] == "note"
    assert "none answers at http://127.0.0.1:1 (Connection refused), so" in found["server"]["text"]
    assert "citewell backup DIR" in found["backup"]["text"]
    assert found["jobs"]["level"] == found["documents"]["level"] == found["connections"]["level"] == "ok"
    assert "CITEWELL_SECRET_KEY" in found["secret key"]["text"]
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(_WAITING_JOB)
        assert "no worker is alive" in jobs(connection, "bad")
        connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert "1 in parse, the oldest for 60 min" in jobs(connection, "note")
        old = (now() - timedelta(days=3)).isoformat()
        mark_backup(connection, old)
        [backup, *_] = check_use(database_url)
        assert backup.level == "bad"
        assert "3 days ago" in backup.text
        assert check_schema(database_url) is None
        connection.execute("UPDATE alembic_version SET version_num = '0130'")
    outdated = check_schema(database_url)
    assert outdated is not None
    assert "citewell upgrade --check" in outdated.text
