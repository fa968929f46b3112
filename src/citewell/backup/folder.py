"""The folder that holds backups: finding them, and removing old ones."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from citewell.backup import manifest
from citewell.backup.files import listed
from citewell.backup.manifest import Backup
from citewell.errors import SetupError
from citewell.kit.private import lock_file, private_folder, wait_for_lock

PARTIAL = ".partial"


class BackupFolder:
    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.objects = self.root / "objects"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the folder for one command at a time, and removes what an interrupted one left. Raises SetupError."""
        try:
            private_folder(self.root)
            private_folder(self.objects)
            lock = lock_file(self.root / "backup.lock")
        except OSError as error:
            raise SetupError(f"Cannot write to {self.root} ({error.strerror}): choose another folder.") from error
        with lock as file:
            wait_for_lock(file, f"the backups in {self.root}")
            for left in self.root.glob(f"*{PARTIAL}"):
                shutil.rmtree(left)
            yield

    def backups(self) -> list[Backup]:
        """Returns the whole ones, oldest first."""
        found = sorted(path.parent for path in self.root.glob(f"*/{manifest.NAME}") if path.parent.suffix != PARTIAL)
        return [manifest.read(folder) for folder in found]

    def find(self, name: str | None) -> Backup:
        """Returns the backup of that name, or the newest one. Raises SetupError."""
        found = self.backups()
        if not found:
            raise SetupError(f"There is no complete backup in {self.root}: `citewell backup {self.root}` makes one.")
        if name is None:
            return found[-1]
        for backup in found:
            if backup.manifest.name == name:
                return backup
        names = ", ".join(backup.manifest.name for backup in found[-5:])
        raise SetupError(f"There is no backup {name} in {self.root}. The last ones are {names}.")

    def last_before(self, moment: datetime) -> Backup:
        """Returns the newest copy of a server's files that ended before a moment. Raises SetupError."""
        found = [one for one in self.backups() if one.manifest.kind == "server" and one.manifest.ended_at <= moment]
        if not found:
            raise SetupError(f"No backup in {self.root} ended before {moment:%Y-%m-%d %H:%M:%S} UTC.")
        return found[-1]

    def chain(self, backup: Backup) -> list[Backup]:
        """Returns the full backup that an incremental one builds on, those between, and itself. Raises SetupError."""
        found = [backup]
        while (parent := found[0].manifest.parent) is not None:
            found.insert(0, manifest.read(self.root / parent))
        return found

    def prune(self, keep: int) -> int:
        """Remove all backups but the newest and those that they build on, with their files; returns their number."""
        found = self.backups()
        needed = {one.folder for backup in found[-keep:] for one in self.chain(backup)}
        old = [backup for backup in found if backup.folder not in needed]
        for backup in old:
            # Renamed first: a deletion that is interrupted must not leave a backup that looks complete.
            gone = backup.folder.with_name(backup.folder.name + PARTIAL)
            backup.folder.rename(gone)
            shutil.rmtree(gone)
        if old:
            self._remove_unused_objects()
        return len(old)

    def _remove_unused_objects(self) -> None:
        used = {file.sha256 for backup in self.backups() for file in listed(backup.file_list)}
        for path in self.objects.glob("*/*"):
            if path.name not in used:
                path.unlink()
