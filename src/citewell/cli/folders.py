"""Which files of a folder are added, and which of them have changed since."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from citewell.errors import BadRequest
from citewell.ingestion.sniff import UnsupportedFile, sniff_file

Stamps = dict[Path, tuple[int, int]]  # time of the last change in nanoseconds, size in bytes


@dataclass
class Found:
    """Files to add, and those that are left out with the reason."""

    files: list[Path]
    left_out: list[tuple[Path, str]]


def find_files(paths: Sequence[Path], include: Sequence[str], exclude: Sequence[str]) -> Found:
    """Returns the named files, and those in the named folders that some parser reads.

    Raises BadRequest for a missing one.
    """
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
    """Yields the folder's files by name, without hidden ones; links to folders are not followed.

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


def is_wanted(file: Path, folder: Path, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether `files_in` would give this file of the folder, if it were there."""
    if not file.is_relative_to(folder):
        return False
    parents = [folder / above for above in file.relative_to(folder).parents[:-1]]
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts) or file.name.startswith("~$")
    excluded = any(_matches(path, folder, exclude) for path in (file, *parents))
    return not hidden and not excluded and (not include or _matches(file, folder, include))


def _matches(path: Path, folder: Path, patterns: Sequence[str]) -> bool:
    below = path.relative_to(folder).as_posix()
    return any(fnmatch(path.name, pattern) or fnmatch(below, pattern.removesuffix("/")) for pattern in patterns)


def _unreadable(file: Path) -> str | None:
    """Why it cannot be added, or None."""
    if file != shown_name(file):
        return "Its name is not in UTF-8: rename it."
    try:
        sniff_file(file, file.name)
    except UnsupportedFile as error:
        return error.message
    except OSError as error:
        return error.strerror or "It cannot be read."
    return None


def shown_name(file: Path) -> Path:
    """Returns the path with a sign for each byte of its name that is no text."""
    return Path(os.fsencode(file).decode("utf-8", "replace"))


def stamps(files: Sequence[Path]) -> Stamps:
    """Size and time of each file that exists, by path."""
    found: Stamps = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found
