"""Which files of a folder are added."""

import os
from pathlib import Path

import pytest

from citewell.cli.folders import find_files, is_wanted, stamps
from citewell.cli.watching import Watch
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
    assert "is not known" in reason


def test_a_name_that_is_no_text_is_left_out(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("# Words")
    reasons = [reason for path, reason in find_files([folder], ["*.md"], ()).left_out]
    assert len(reasons) == 1
    assert "UTF-8" in reasons[0]


def test_patterns_choose_and_leave_out_files(folder: Path) -> None:
    assert names(find_files([folder], ["*.md"], ["drafts"]).files, folder) == ["a.md", "deep/c.md"]
    assert names(find_files([folder], ["deep/*"], ()).files, folder) == ["deep/c.md"]
    assert names(find_files([folder], (), ["deep/", "*.txt"]).files, folder) == ["a.md", "drafts/d.md"]


def test_a_file_that_is_named_is_added_whatever_it_is(folder: Path) -> None:
    assert find_files([folder / "tool.bin"], ["*.md"], ()).files == [folder / "tool.bin"]


def test_a_missing_one_is_named(folder: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        find_files([folder / "none.md"], (), ())
    assert "none.md" in refused.value.message


def test_a_change_counts_when_it_is_over(folder: Path) -> None:
    """A file that changes again at the next look is still being written; one that is back was only saved."""

    def look() -> tuple[list[str], list[str]]:
        changed, gone = watch.look(stamps(find_files([folder], ["*.md"], ()).files))
        return names(changed, folder), names(gone, folder)

    watch = Watch(stamps(find_files([folder], ["*.md"], ()).files))
    (folder / "a.md").write_text("# Other words")
    (folder / "deep/c.md").unlink()
    (folder / "drafts/d.md").rename(folder / "d.bak")
    (folder / "new.md").write_text("# New")
    assert look() == ([], [])
    (folder / "new.md").write_text("# New, and more")
    (folder / "d.bak").rename(folder / "drafts/d.md")
    assert look() == (["a.md"], ["deep/c.md"])
    assert look() == (["new.md"], [])
    assert look() == ([], [])
    watch.forget([folder / "new.md"])
    assert look() == (["new.md"], [])


def test_which_missing_file_was_added_from_a_folder(folder: Path) -> None:
    wanted = [is_wanted(folder / name, folder, ["*.md"], ["drafts"]) for name in ("x.md", "deep/x.md")]
    unwanted = ("x.txt", "drafts/x.md", ".hidden/x.md", "deep/~$x.md", "../x.md")
    assert wanted == [True, True]
    assert not any(is_wanted((folder / name).resolve(), folder, ["*.md"], ["drafts"]) for name in unwanted)
