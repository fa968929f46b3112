"""What `citewell doctor` says of programs that may be missing."""

import shutil
from pathlib import Path

import pytest

from citewell.cli.doctor import check_converter, check_recognition
from citewell.settings import Settings


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
