"""What `citewell doctor` says of programs that may be missing."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from citewell.backup.taking import LAST_BACKUP
from citewell.db.engine import libpq_url
from citewell.installation_checks import check_converter, check_recognition, check_schema, check_use
from citewell.kit.time import now
from citewell.settings import Settings
from tests.processes import citewell


def test_what_is_missing_is_a_note_with_its_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    recognition, converter = check_recognition(Settings()), check_converter()
    assert (recognition.level, converter.level) == ("note", "note")
    assert "scanned pages and pictures fail" in recognition.text
    assert "apt-get install tesseract-ocr" in recognition.text
    assert "RTF are refused" in converter.text


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_language_that_is_not_installed_must_be_mended() -> None:
    assert check_recognition(Settings(recognition_languages="eng")).level == "ok"
    finding = check_recognition(Settings(recognition_languages="eng+xyz"))
    assert finding.level == "bad"
    assert "no xyz" in finding.text
    assert "CITEWELL_RECOGNITION_LANGUAGES" in finding.text
    assert "eng" in finding.text


def test_daily_use_is_told_for_machines(database_url: str, tmp_path: Path) -> None:
    done = citewell("doctor", "--json", "--database-url", database_url, "--data-dir", str(tmp_path), cwd=tmp_path)
    found = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert found["backup"]["level"] == "note"
    assert "citewell backup DIR" in found["backup"]["text"]
    assert found["jobs"]["level"] == found["documents"]["level"] == "ok"
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        old = (now() - timedelta(days=3)).isoformat()
        connection.execute("INSERT INTO server_marks (name, value) VALUES (%s, %s)", [LAST_BACKUP, old])
        [backup, *_] = check_use(database_url)
        assert backup.level == "bad"
        assert "3 days ago" in backup.text
        assert check_schema(database_url) is None
        connection.execute("UPDATE alembic_version SET version_num = '0130'")
    outdated = check_schema(database_url)
    assert outdated is not None
    assert "citewell upgrade --check" in outdated.text
