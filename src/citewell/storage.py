"""Files: uploads and what the pipeline derives from them, in a local folder or an object store."""

import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.store import LocalStore, ObjectStore

from citewell.errors import FileMissing

if TYPE_CHECKING:  # it exists for type checkers alone
    from obstore import GetResult

_READ = 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """What was written: size in bytes and SHA-256 of the content."""

    size: int
    sha256: bytes


@dataclass(frozen=True)
class ListedFile:
    """An object of the store, and when it was written."""

    key: str
    modified: datetime


class FileStore:
    """Objects by key, as `<project>/<document>/...`. A put is atomic: a reader sees the old object or the new one."""

    def __init__(self, store: ObjectStore, local_root: Path | None) -> None:
        self._store = store
        self._local_root = local_root

    @classmethod
    def local(cls, folder: Path) -> "FileStore":
        root = folder.expanduser().resolve()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)  # an older installation's, too
        return cls(LocalStore(root, mkdir=True), root)

    async def put_stream(self, key: str, source: BinaryIO) -> StoredFile:
        """Copy a binary file object, in pieces: flat memory for any size."""
        hashing = _HashingReader(source)
        await obstore.put_async(self._store, key, hashing.chunks())
        return StoredFile(hashing.size, hashing.digest.digest())

    async def put(self, key: str, data: bytes) -> None:
        await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes:
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def size(self, key: str) -> int:
        """In bytes. Raises FileNotFoundError."""
        return int((await obstore.head_async(self._store, key))["size"])

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to, not including, `end`. Raises FileNotFoundError."""
        return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def copy(self, source: str, target: str) -> None:
        """Raises FileNotFoundError."""
        await obstore.copy_async(self._store, source, target)

    async def delete(self, key: str) -> None:
        """Delete the object; none is no error, as in every other store."""
        with contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The object's content in pieces. Raises FileMissing before the first of them."""
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            raise FileMissing("The file is missing from the server's store: upload the document again.") from None
        return _pieces(found)

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        async for piece in await self.open(key):
            yield piece

    @asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        """A path on this machine with the object's content, for parsers. Read only."""
        if self._local_root is not None:
            yield self._local_root / key
            return
        with tempfile.NamedTemporaryFile(prefix="citewell-") as file:
            async for piece in self.stream(key):
                file.write(piece)
            file.flush()
            yield Path(file.name)

    async def list(self) -> AsyncIterator[Sequence[ListedFile]]:
        """Every object, in batches."""
        async for batch in obstore.list(self._store):
            yield [ListedFile(item["path"], item["last_modified"]) for item in batch]

    async def exists(self, key: str) -> bool:
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    async def delete_prefix(self, prefix: str) -> None:
        """Delete every object under a folder; none is no error."""
        async for batch in obstore.list(self._store, prefix):
            paths = [item["path"] for item in batch]
            if paths:
                await obstore.delete_async(self._store, paths)


async def _pieces(found: "GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=_READ):
        yield bytes(piece)


class _HashingReader:
    """Pieces of a file for the store, hashed and counted on their way."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.size = 0

    def chunks(self) -> AsyncIterator[bytes]:
        return self._read()

    async def _read(self) -> AsyncIterator[bytes]:
        # The upload is already on the local disk (or small and in memory): reading 1 MiB of it takes well under a
        # millisecond, less than a hand-over to a thread.
        while piece := self._source.read(_READ):
            self.digest.update(piece)
            self.size += len(piece)
            yield piece


def document_prefix(project_id: object, document_id: object) -> str:
    return f"{project_id}/{document_id}"


def part_file(data_dir: Path, upload_id: object) -> Path:
    """Where a file grows that a client sends to a signed address."""
    return data_dir / "uploads" / f"{upload_id}.part"


def whole_file(data_dir: Path, upload_id: object) -> Path:
    """Where that file is once it has arrived whole."""
    return part_file(data_dir, upload_id).with_suffix(".whole")


def forget_upload(data_dir: Path, upload_id: object) -> None:
    part_file(data_dir, upload_id).unlink(missing_ok=True)
    whole_file(data_dir, upload_id).unlink(missing_ok=True)
