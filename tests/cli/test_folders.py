"""Which files of a folder are added."""

import os
from pathlib import Path

import pytest

from citewell.cli.folders import changes, find_files, stamps
from citewell.errors import BadRequest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "reports"
    for name in ("a.md", "b.txt", "deep/c.md", "drafts/d.md", ".hidden/e.md", ".f.md", "deep/~$g.docx"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Words")
    (root / "tool.bin").write_bytes(bytes(range(256)))
    return root


def names(files: list[Path], root: Path) -> list[str]:
    return [file.relative_to(root).as_posix() for file in files]


def test_all_that_can_be_read_but_hidden_files(folder: Path) -> None:
    found = find_files([folder], (), ())
    assert names(found.files, folder) == ["a.md", "b.txt", "deep/c.md", "drafts/d.md"]
    [(path, reason)] = found.left_out
    assert path.name == "tool.bin"
    assert "no known type" in reason


def test_patterns(folder: Path) -> None:
    assert names(find_files([folder], ["*.md"], ["drafts"]).files, folder) == ["a.md", "deep/c.md"]
    assert names(find_files([folder], ["deep/*"], ()).files, folder) == ["deep/c.md"]
    assert names(find_files([folder], (), ["deep/", "*.txt"]).files, folder) == ["a.md", "drafts/d.md"]


def test_a_file_that_is_named_is_added_whatever_it_is(folder: Path) -> None:
    assert find_files([folder / "tool.bin"], ["*.md"], ()).files == [folder / "tool.bin"]


def test_a_missing_one_is_named(folder: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        find_files([folder / "none.md"], (), ())
    assert "none.md" in refused.value.message


def test_changes(folder: Path) -> None:
    files = find_files([folder], ["*.md"], ()).files
    before = stamps(files)
    (folder / "a.md").write_text("# Other words")
    (folder / "deep/c.md").unlink()
    (folder / "new.md").write_text("# New")
    os.utime(folder / "drafts/d.md", ns=before[folder / "drafts/d.md"][:1] * 2)
    changed, gone = changes(before, stamps(find_files([folder], ["*.md"], ()).files))
    assert names(changed, folder) == ["a.md", "new.md"]
    assert names(gone, folder) == ["deep/c.md"]
