"""Temporary files end with their process, also when that is killed."""

import os
from pathlib import Path

import pytest

from citewell.storage.temporary import remove_leftovers, temporary_file, temporary_folder


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = 2**22 + 1  # no process has an id as large as this
    with temporary_file() as file, temporary_folder() as folder:
        mine = [Path(file.name), folder]
        names = [path.name.replace(f"-{os.getpid()}-", f"-{dead}-") for path in mine]
        (tmp_path / names[0]).write_text("words")
        (tmp_path / names[1]).mkdir()
        (tmp_path / names[1] / "attachment-1").write_text("words")
        young, other = tmp_path / f"{names[0]}-young", tmp_path / "other"
        for path in (young, other):
            path.write_text("words")
        for path in (*mine, tmp_path / names[0], tmp_path / names[1], other):
            os.utime(path, (0, 0))
        remove_leftovers.__wrapped__()
        assert set(tmp_path.iterdir()) == {*mine, young, other}
    assert set(tmp_path.iterdir()) == {young, other}
