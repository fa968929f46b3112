"""What of the archived log goes with old backups."""

from pathlib import Path

import pytest

from citewell.backup.manifest import Backup, Manifest
from citewell.backup.wal_archive import prune_archive
from citewell.kit.time import now

LABEL = "START WAL LOCATION: 0/{place} (file {timeline}00000000000000{segment})\nCHECKPOINT LOCATION: 0/5000060\n"


def backup(folder: Path, segment: str, *, timeline: str = "00000001", kind: str = "server") -> Backup:
    """A backup that begins in the segment; without one, it does not say where."""
    (folder / "database").mkdir(parents=True)
    if segment:
        label = LABEL.format(place=f"{segment}000028", timeline=timeline, segment=segment)
        (folder / "database" / "backup_label").write_text(label)
    about = {"name": folder.name, "kind": kind, "began_at": now(), "ended_at": now(), "citewell": "0", "schema": "0"}
    sizes = {"postgres": 18, "database_bytes": 0, "files": 0, "files_bytes": 0, "files_sha256": ""}
    return Backup(folder, Manifest(**about, **sizes))  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    for number in range(1, 10):
        (folder / f"0000000{1 + number // 6}{number:016X}").touch()
    for name in ("000000010000000000000003.00000028.backup", "00000002.history", "notes.txt"):
        (folder / name).touch()
    return folder


def segments(archive: Path) -> list[int]:
    return sorted(int(path.name[8:], 16) for path in archive.iterdir() if len(path.name) == 24)


def test_segments_before_the_oldest_kept_backup_go(archive: Path, tmp_path: Path) -> None:
    kept = [backup(tmp_path / "b", "07", timeline="00000002"), backup(tmp_path / "a", "05")]
    assert prune_archive(archive, kept) == 5  # four segments, and the note of a backup in one of them
    assert segments(archive) == [5, 6, 7, 8, 9]
    assert (archive / "00000002.history").exists()
    assert (archive / "notes.txt").exists()


def test_nothing_goes_where_a_backup_may_need_it(archive: Path, tmp_path: Path) -> None:
    silent, told = backup(tmp_path / "silent", ""), backup(tmp_path / "told", "05")
    dump = backup(tmp_path / "dump", "", kind="dump")
    for kept in ([], [dump], [silent], [silent, told]):
        assert prune_archive(archive, kept) == 0
    assert segments(archive) == list(range(1, 10))
    assert prune_archive(archive, [dump, told]) > 0, "a dump needs no log"
