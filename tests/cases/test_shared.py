"""Small files that were once read wrongly, where they lie beside the project."""

import shutil
from pathlib import Path

import pytest

from tests.cases.checker import read_here, unmet

FOLDER = Path(__file__).parents[2].parent / "shared/cases/reading"
CASES = sorted(path.name.removesuffix(".expected.txt") for path in FOLDER.glob("*.expected.txt"))
PICTURES = (".png", ".jpg", ".tiff")


@pytest.mark.skipif(not CASES, reason="the folder ../shared/cases/reading is not here")
def test_there_are_cases() -> None:
    assert len(CASES) > 60


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_was_once_read_wrongly_is_read_right(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith(PICTURES) and not shutil.which("tesseract"):
        pytest.skip("tesseract is not installed")
    if name == "xlsx_formula.xlsx" and not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed")
    monkeypatch.chdir(tmp_path)
    expected = (FOLDER / f"{name}.expected.txt").read_text(encoding="utf-8")
    assert unmet(read_here(FOLDER / name, name), expected) == []
