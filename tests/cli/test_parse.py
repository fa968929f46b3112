"""`citewell parse`: as a person and as a program call it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citewell.cli import app

PAGE = "<title>Rates</title><h1>Rates</h1><p>The rye costs four crowns a sack.</p><table><tr><td>Rye<td>4</table>"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "rates.html"
    path.write_text(PAGE)
    return path


def test_json_has_each_block_with_its_type_and_rows(page: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "citewell", "parse", str(page), "--json"], capture_output=True, text=True, check=True
    )
    read = json.loads(ran.stdout)
    assert read["text"] == "Rates\n\nThe rye costs four crowns a sack.\n\nRye | 4"
    assert (read["language"], read["warnings"]) == ("en", [])
    assert read["blocks"][0] | {"place": None} == {
        "type": "title", "text": "Rates", "page": None, "place": None, "bbox": None, "level": 1, "rows": None,
    }  # fmt: skip
    assert read["blocks"][2]["rows"] == [["Rye", "4"]]


def test_people_see_each_block_below_its_type(page: Path) -> None:
    shown = CliRunner().invoke(app, ["parse", str(page)])
    assert "--- title\nRates\n--- text\nThe rye costs" in shown.stdout


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "empty_file"),
        ("broken.docx", b"PK\x03\x04", "content_mismatch"),
        ("none.txt", None, "not_found"),
    ],
)
def test_an_unreadable_file_is_told_as_json_with_its_code(
    name: str, content: bytes | None, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    ran = CliRunner().invoke(app, ["parse", str(path), "--json"])
    told = json.loads(ran.stdout)
    assert (ran.exit_code, told["code"]) == (1, code)
    assert told["message"]


def test_it_loads_no_server() -> None:
    """A command that needs no database starts without its code, in a fraction of the time."""
    code = "import sys, citewell.cli.parse; sys.exit('sqlalchemy' in sys.modules or 'fastapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
