"""The list of commands is shown without loading any of them."""

import subprocess
import sys

import pytest

from citewell.cli.lazy import COMMANDS, Command, load
from citewell.settings import Settings
from tests.processes import environment

_SHOW_AND_TELL = """
import sys
from citewell.cli import main
sys.argv = ["citewell", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
print("loaded:", *{name.partition(".")[0] for name in sys.modules})
"""
_SLOW = {"aiohttp", "fastapi", "numpy", "onnxruntime", "procrastinate", "pydantic", "rich", "sqlalchemy", "structlog"}


def test_the_help_lists_every_command_and_loads_nothing_slow() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW_AND_TELL],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    listed, _, loaded = shown.stdout.rpartition("loaded:")
    assert [command.name for command in COMMANDS if f"\n  {command.name} " not in listed] == []
    assert _SLOW & set(loaded.split()) == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_listed_command_is_defined(command: Command) -> None:
    assert load(command).help


def test_the_help_of_serve_lists_every_setting_with_its_default() -> None:
    [serve] = [command for command in COMMANDS if command.name == "serve"]
    shown = load(serve).epilog
    assert [name for name in Settings.model_fields if f"CITEWELL_{name.upper()}[/]=" not in shown] == []
    assert "CITEWELL_MODEL_TIMEOUT[/]=60.0 " in shown
