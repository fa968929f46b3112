"""The stored files of a backup: taken from the store, checked, and put back."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from citewell.errors import FileMissing, SetupError
from citewell.kit.private import private_folder
from citewell.storage import FileStore

log = structlog.get_logger(__name__)

STORE = "files"
FOLDERS = ("uploads", "outbox")  # of the data folder, beside the store
_PIECE = 1024 * 1024


class ListedFile(msgspec.Struct, frozen=True):
    """`root` is `files` for the store, else a folder of the data folder. `modified` is seconds since 1970."""

    root: str
    key: str
    size: int
    modified: float
    sha256: str


def listed(path: Path) -> Iterator[ListedFile]:
    decoder = msgspec.json.Decoder(ListedFile)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def object_path(objects: Path, sha256: str) -> Path:
    return objects / sha256[:2] / sha256


async def take_files(
    store: FileStore, data_dir: Path, objects: Path, target: Path, before: Path | None
) -> tuple[int, int, int]:
    """Copy each file's content into `objects`, and write their list to `target`.

    Returns the number of files, their bytes, and the bytes that were new. A file with the size and time that the list
    `before` has is not read again. A file that is deleted meanwhile is left out.
    """
    known = {(file.root, file.key): file for file in listed(before)} if before else {}
    count = total = fresh = 0
    with target.open("wb") as out:
        async for root, key, size, modified, content in _present(store, data_dir):
            file = known.get((root, key))
            if file is None or (file.size, file.modified) != (size, modified):
                try:
                    sha256, size, is_new = await _keep(objects, content())
                except (FileMissing, FileNotFoundError):
                    log.warning("backup_file_gone", root=root, key=key)
                    continue
                file = ListedFile(root, key, size, modified, sha256)
                fresh += size if is_new else 0
            out.write(msgspec.json.encode(file) + b"\n")
            count, total = count + 1, total + file.size
        out.flush()
        os.fsync(out.fileno())
    return count, total, fresh


_Content = Callable[[], AsyncIterator[bytes]]


async def _present(store: FileStore, data_dir: Path) -> AsyncIterator[tuple[str, str, int, float, _Content]]:
    for root in FOLDERS:  # first: nothing holds all of these
        for path in sorted((data_dir / root).rglob("*")):
            if path.is_file():
                status = path.stat()
                yield root, path.relative_to(data_dir / root).as_posix(), status.st_size, status.st_mtime, _reader(path)
    async for batch in store.list():
        for item in batch:
            yield STORE, item.key, item.size, item.modified.timestamp(), _store_reader(store, item.key)


def _reader(path: Path) -> _Content:
    async def read() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    return read


def _store_reader(store: FileStore, key: str) -> _Content:
    async def read() -> AsyncIterator[bytes]:
        async for piece in await store.open(key):
            yield piece

    return read


async def _keep(objects: Path, content: AsyncIterator[bytes]) -> tuple[str, int, bool]:
    """(SHA-256, size, whether it was not there before) of a file whose content is now an object."""
    digest, size = hashlib.sha256(), 0
    partial = objects / "incoming"
    with partial.open("wb") as file:
        async for piece in content:
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    path = object_path(objects, digest.hexdigest())
    if path.exists() and path.stat().st_size == size:
        partial.unlink()
        return path.name, size, False
    private_folder(path.parent)
    partial.rename(path)
    return path.name, size, True


def damaged_files(objects: Path, file_list: Path) -> Iterator[str]:
    """Yields the faults of the listed objects, one line each. Reads all of them."""
    checked = set[str]()
    for file in listed(file_list):
        if file.sha256 in checked:
            continue
        checked.add(file.sha256)
        try:
            with object_path(objects, file.sha256).open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            yield f"{file.root}/{file.key}: {error.strerror or error}"
            continue
        if found != file.sha256:
            yield f"{file.root}/{file.key}: the content has changed"


async def put_back(objects: Path, file_list: Path, store: FileStore, data_dir: Path) -> int:
    """Copy the listed files into the store and the data folder; returns their number. Raises SetupError for damaged
    ones."""
    count = 0
    for file in listed(file_list):
        try:
            with object_path(objects, file.sha256).open("rb") as content:
                if file.root == STORE:
                    written = (await store.put_stream(file.key, content)).sha256.hex()
                else:
                    written = await asyncio.to_thread(_write, _inside(data_dir, file), content, file.modified)
        except FileNotFoundError:
            raise SetupError(f"The backup lacks the content of {file.root}/{file.key}.") from None
        if written != file.sha256:
            raise SetupError(f"The backup's content of {file.root}/{file.key} is damaged.")
        count += 1
    return count


async def put_back_missing(objects: Path, file_list: Path, store: FileStore, projects: set[str]) -> int:
    """Copy the listed files of these projects that the store lacks into it; returns their number."""
    count = 0
    for file in listed(file_list):
        is_theirs = file.root == STORE and file.key.partition("/")[0] in projects
        if is_theirs and not await store.exists(file.key):
            with object_path(objects, file.sha256).open("rb") as content:
                await store.put_stream(file.key, content)
            count += 1
    return count


def _inside(data_dir: Path, file: ListedFile) -> Path:
    """Raises SetupError for a path that would lead out of its folder."""
    folder = data_dir / file.root
    path = folder / file.key
    if file.root not in FOLDERS or not path.resolve().is_relative_to(folder.resolve()):
        raise SetupError(f"The backup names a file outside of the data folder: {file.root}/{file.key}.")
    return path


def _write(path: Path, content: BinaryIO, modified: float) -> str:
    private_folder(path.parent)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        while piece := content.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    os.utime(path, (modified, modified))
    return digest.hexdigest()


def stamp(moment: datetime) -> str:
    """Returns a moment as the name of a backup."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
