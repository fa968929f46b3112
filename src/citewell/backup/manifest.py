"""The manifest of a backup. It is written last: a folder without one is no whole backup."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from citewell.errors import SetupError

NAME = "manifest.json"
FORMAT = 2


class CellCopy(msgspec.Struct, kw_only=True):
    """The dump of a database cell other than the home cell: SHA-256 of each file by name, size in bytes."""

    dump: dict[str, str]
    database_bytes: int


class Manifest(msgspec.Struct, kw_only=True):
    """`kind`: server (a copy of the embedded server's files) or dump (statements, for any PostgreSQL).

    `parent` is the backup that an incremental one needs. `dump` has the SHA-256 of each file of a dump; a server's
    files are described by PostgreSQL's own manifest. `files_sha256` is that of files.jsonl. Sizes are bytes.
    `cells` has the other database cells; the moments of all databases lie at most `spread_seconds` apart.
    """

    name: str
    kind: Literal["server", "dump"]
    parent: str | None = None
    began_at: datetime
    ended_at: datetime
    citewell: str
    schema: str
    postgres: int
    database_bytes: int
    files: int
    files_bytes: int
    files_sha256: str
    dump: dict[str, str] = {}
    cells: dict[str, CellCopy] = {}
    spread_seconds: float = 0.0
    format: int = 1


@dataclass(frozen=True)
class Backup:
    """A whole backup in its folder."""

    folder: Path
    manifest: Manifest

    @property
    def database(self) -> Path:
        return self.folder / "database"

    def database_of(self, cell: str) -> Path:
        """Returns the dump of a cell other than the home cell."""
        return self.folder / "cells" / cell

    @property
    def file_list(self) -> Path:
        return self.folder / "files.jsonl"


def write(folder: Path, manifest: Manifest) -> None:
    """Durably, after everything else of the backup is."""
    os.sync()
    partial = folder / f"{NAME}.partial"
    with partial.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / NAME)


def read(folder: Path) -> Backup:
    """Raises SetupError for a folder that is no whole backup, or one that a newer version made."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise SetupError(f"{folder} is not a complete backup: it has no {NAME}.") from None
    except msgspec.MsgspecError as error:
        raise SetupError(f"{folder / NAME} cannot be read ({error}): the backup is damaged.") from None
    if manifest.format > FORMAT:
        raise SetupError(f"{folder} was made by a newer version ({manifest.citewell}): restore it with that version.")
    return Backup(folder, manifest)
