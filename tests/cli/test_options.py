"""Settings that are written wrongly: the message says which one, and what would be right."""

from pathlib import Path

import psycopg
import pytest
from rich.table import Table

from citewell.cli.tables import print_table
from tests.cli.conftest import Here

EVERY = ("project", "list")  # reads the settings before anything else


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("CITEWELL_SOURCE_FOLDERS", "/srv/reports", 'list like CITEWELL_SOURCE_FOLDERS=\'["one", "another"]\''),
        ("CITEWELL_MODEL_ALIASES", "gpt-4o=extractive", 'map like CITEWELL_MODEL_ALIASES=\'{"name": "value"}\''),
    ],
)
def test_a_list_that_is_not_json_is_shown_how_it_is_written(
    here: Here, monkeypatch: pytest.MonkeyPatch, name: str, value: str, example: str
) -> None:
    monkeypatch.setenv(name, value)
    told = here(*EVERY)
    assert told.returncode == 1
    assert f"The setting {name} is not JSON: write a {example}." in told.stderr


@pytest.mark.parametrize("content", [b"model = extractive\n", b"\xff\xfe"])
def test_a_file_of_settings_that_is_not_toml_is_named(here: Here, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "citewell.toml").write_bytes(content)
    told = here(*EVERY)
    assert told.returncode == 1
    assert "citewell.toml cannot be read: " in told.stderr
    assert "unexpected" not in told.stderr


def test_misspelt_settings_are_told(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "citewell.toml").write_text('modle = "extractive"\nmodel = "extractive"\n')
    monkeypatch.setenv("CITEWELL_EMBEDING", "none")
    monkeypatch.setenv("CITEWELL_TOKEN", "another command's")
    told = here(*EVERY)
    assert "citewell.toml: there is no setting modle; it is ignored. Did you mean model?" in told.stderr
    assert "no setting CITEWELL_EMBEDING; it is ignored. Did you mean CITEWELL_EMBEDDING?" in told.stderr
    assert "CITEWELL_TOKEN" not in told.stderr


def test_a_database_that_goes_away_is_told_in_words(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the middle of a move: the driver's error has three lines and no advice."""
    lost = "consuming input failed: server closed the connection unexpectedly\n\tThis probably means the server died."

    def lose(data_dir: object, database_url: object) -> None:
        raise psycopg.OperationalError(lost)

    monkeypatch.setattr("citewell.cli.admin.settings_of_existing", lose)
    told = here(*EVERY)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "The database went away: consuming input failed: server closed the connection" in told.stderr
    assert "Run the command again once it answers." in told.stderr


def test_an_empty_table_says_so_beside_its_heads(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table("run", "state", box=None))
    shown = capsys.readouterr()
    assert (shown.out.split(), shown.err) == (["run", "state"], "There are none.\n")
