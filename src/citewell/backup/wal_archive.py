"""The archive of the database's log, which restoring to a point in time replays from a backup on."""

import re
from collections.abc import Sequence
from pathlib import Path

from citewell.backup.manifest import Backup

# A segment's name is the timeline, then its place in the log (8 and 16 hexadecimal digits); beside it may stand the
# note of a backup that began in it. Histories of timelines are small, and never removed.
_SEGMENT = re.compile(r"[0-9A-F]{8}([0-9A-F]{16})(\.partial|\.[0-9A-F]{8}\.backup)?")
_START = re.compile(r"^START WAL LOCATION: .*\(file [0-9A-F]{8}([0-9A-F]{16})\)", re.MULTILINE)


def prune_archive(archive: Path, kept: Sequence[Backup]) -> int:
    """Remove the log segments from before the oldest kept backup; returns their number.

    Removes none if no backup of the server's files is kept, or one does not say where it begins.
    """
    copies = [backup for backup in kept if backup.manifest.kind == "server"]
    starts = [_start_of(backup) for backup in copies]
    known = [start for start in starts if start is not None]
    if not known or len(known) < len(starts):
        return 0
    removed = 0
    for path in archive.expanduser().iterdir():
        found = _SEGMENT.fullmatch(path.name)
        if found and found[1] < min(known):
            path.unlink()
            removed += 1
    return removed


def _start_of(backup: Backup) -> str | None:
    """Returns the place in the log at which replaying the backup begins."""
    try:
        found = _START.search((backup.database / "backup_label").read_text())
    except OSError:
        return None
    return found[1] if found else None
