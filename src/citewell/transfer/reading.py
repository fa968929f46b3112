"""Reads a project's file, which anybody may have made: names, sizes and references are checked, whatever it says."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from citewell.errors import SetupError
from citewell.kit.regular_files import open_regular
from citewell.transfer.repository.tables import FILE_KEYS, TAKEN
from citewell.transfer.writing import FORMAT, About

MAX_LINE = 256 * 2**20  # bytes of one row
MOST_TIMES = 200  # that a member may be larger than its compressed bytes
_SMALL = 2**20  # below it, nobody counts how often
_NAME = re.compile(r"project\.json|users\.jsonl|files\.jsonl|files/\d{1,9}")
_ROWS = frozenset(f"rows/{table}.jsonl" for table in TAKEN)
_KEY = re.compile(r"[0-9a-f-]{36}(/[A-Za-z0-9][A-Za-z0-9._-]{0,200}){1,8}")


class ListedFile(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    size: int


class ProjectFile:
    """An opened file. Raises SetupError for one that is damaged, hostile or of another version."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        try:
            open_regular(path).close()  # raises for a pipe, which would be waited for
            self._archive = zipfile.ZipFile(path)
            self._check_members(max_bytes)
            self.about = msgspec.json.decode(self._read_small("project.json"), type=About)
        except OSError as error:
            raise SetupError(f"{path} cannot be read: {error.strerror or error}.") from error
        except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError) as error:
            raise SetupError(f"{path} is not a project that Citewell exported: {error}") from error
        if self.about.format > FORMAT:
            raise SetupError(f"{path} was exported by a newer version ({self.about.citewell}): update Citewell.")

    def close(self) -> None:
        self._archive.close()

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yields the rows of a table. Every one is made the project's own, and no key leads to another's files."""
        project = str(self.about.project)
        for line in self._lines(f"rows/{table}.jsonl"):
            row = _decoded(line)
            row["id" if table == "projects" else "project_id"] = project
            for column in FILE_KEYS & row.keys():
                if row[column] is not None:
                    self._check_key(str(row[column]))
            yield row

    def users(self) -> dict[str, str]:
        """Email by id."""
        rows = map(_decoded, self._lines("users.jsonl"))
        return {str(UUID(str(row.get("id")))): str(row.get("email")) for row in rows}

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """(key, content) of each file."""
        for number, line in enumerate(self._lines("files.jsonl")):
            try:
                file = msgspec.json.decode(line, type=ListedFile)
            except msgspec.MsgspecError as error:
                raise SetupError(f"The list of files is damaged: {error}") from error
            self._check_key(file.key)
            yield file.key, self._pieces(f"files/{number}", file.size)

    def _check_members(self, max_bytes: int) -> None:
        members = self._archive.infolist()
        names = [member.filename for member in members]
        is_known = all(_NAME.fullmatch(name) or name in _ROWS for name in names)
        if len(set(names)) != len(names) or not is_known:
            raise SetupError("The archive has members that an exported project does not have.")
        if sum(member.file_size for member in members) > max_bytes:
            raise SetupError(f"The project is larger than {max_bytes / 2**30:g} GiB: raise --max-gib if you trust it.")
        for member in members:
            if member.file_size > max(_SMALL, member.compress_size * MOST_TIMES):
                raise SetupError(f"{member.filename} unpacks to more than {MOST_TIMES} times its size: refused.")

    def _check_key(self, key: str) -> None:
        if not _KEY.fullmatch(key) or not key.startswith(f"{self.about.project}/"):
            raise SetupError(f"The archive names a file outside of its project: {key[:200]!r}.")

    def _read_small(self, name: str) -> bytes:
        with self._archive.open(name) as member:
            return member.read(_SMALL)

    def _lines(self, name: str) -> Iterator[bytes]:
        with self._archive.open(name) as member:
            while line := member.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise SetupError(f"A line of {name} is longer than {MAX_LINE / 2**20:.0f} MiB.")
                yield line

    def _pieces(self, name: str, size: int) -> Iterator[bytes]:
        """zipfile reads no more than a member declares, and compares the checksum at its end."""
        if self._archive.getinfo(name).file_size != size:
            raise SetupError(f"{name} has another size than the archive says.")
        with self._archive.open(name) as member:
            while piece := member.read(2**20):
                yield piece


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SetupError(f"The archive has a row that is not a JSON object: {error}") from error
