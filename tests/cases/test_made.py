"""Files of the kinds that were once read wrongly, made here, with what is right about each.

Every module `made_*.py` in this folder has `CASES`: the name of a file, its content (or a function that makes it), and
expectations as `checker.py` describes them.
"""

from importlib import import_module
from pathlib import Path

import pytest

from tests.cases.case import Case
from tests.cases.checker import read_here, unmet, write_file

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("made_*.py"))
CASES: list[Case] = [case for module in MODULES for case in import_module(f"tests.cases.{module}").CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_that_was_once_read_wrongly_is_read_right(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.skip_without_programs()
    monkeypatch.chdir(tmp_path)
    assert unmet(read_here(write_file(case.made()), case.name), case.expected) == []
