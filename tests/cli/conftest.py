"""Commands that end at once are run in the tests' own process: to start one of their own takes seconds."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citewell.cli import main
from tests.processes import environment

Here = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """Runs a command in an empty folder, as `tests.processes.citewell` does in a process."""
    monkeypatch.chdir(tmp_path)
    wanted = environment(CITEWELL_EMBEDDING="none")
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["citewell", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        code = ended.value.code
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 1, shown.out, shown.err)

    umask = os.umask(0o077)
    yield run
    os.umask(umask)
