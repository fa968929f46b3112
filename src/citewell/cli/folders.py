"""Which files of a folder are added, and which of them have changed since."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from citewell.errors import BadRequest
from citewell.ingestion.sniff import UnsupportedFile, sniff_file

Stamp = tuple[int, int]  # time of the last change in nanoseconds, size in bytes


@dataclass
class Found:
    """Files to add, and those that are left out with the reason."""

    files: list[Path]
    left_out: list[tuple[Path, str]]


def find_files(paths: Sequence[Path], include: Sequence[str], exclude: Sequence[str]) -> Found:
    """The named files, and those in the named folders that some parser reads. Raises BadRequest for a missing one."""
    found = Found([], [])
    for path in paths:
        if not path.exists():
            raise BadRequest(f"Cannot read {path}: there is no such file or folder.")
        if not path.is_dir():
            found.files.append(path)
            continue
        for file in files_in(path, include, exclude):
            reason = _unreadable(file)
            if reason is None:
                found.files.append(file)
            else:
                found.left_out.append((file, reason))
    return found


def files_in(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> Iterator[Path]:
    """The folder's files by name, without hidden ones; links to folders are not followed.

    A pattern such as "*.pdf" or "drafts/*" is matched against the name and against the path below the folder.
    """
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not _matches(here / name, folder, exclude)
        )
        for name in sorted(names):
            file = here / name
            if name.startswith((".", "~$")) or not file.is_file() or _matches(file, folder, exclude):
                continue
            if not include or _matches(file, folder, include):
                yield file


def _matches(path: Path, folder: Path, patterns: Sequence[str]) -> bool:
    below = path.relative_to(folder).as_posix()
    return any(fnmatch(path.name, pattern) or fnmatch(below, pattern.removesuffix("/")) for pattern in patterns)


def _unreadable(file: Path) -> str | None:
    """Why no parser reads it, or None."""
    try:
        sniff_file(file, file.name)
    except UnsupportedFile as error:
        return error.message
    except OSError as error:
        return error.strerror or "It cannot be read."
    return None


def stamps(files: Sequence[Path]) -> dict[Path, Stamp]:
    """Size and time of each file that exists, by path."""
    found: dict[Path, Stamp] = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found


def changes(before: dict[Path, Stamp], now: dict[Path, Stamp]) -> tuple[list[Path], list[Path]]:
    """The files that are new or changed, and those that are gone."""
    changed = [file for file, stamp in now.items() if before.get(file) != stamp]
    return changed, [file for file in before if file not in now]
