"""Files: uploads and what the pipeline derives from them, in a local folder or an object store."""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal
from urllib.parse import quote

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from citewell.errors import FileMissing, StorageUnavailable
from citewell.storage.hold import Gate
from citewell.storage.places import folder_of, is_folder, open_bucket, open_folder
from citewell.storage.temporary import remove_leftovers, temporary_file

if TYPE_CHECKING:  # it exists for type checkers alone
    from obstore import GetResult

_READ = 1024 * 1024
_UNFINISHED = re.compile(r"#\d+$")  # ends the name of a local file until it is whole; `list` leaves such files out
_MISSING = "The file is missing from the server's store: upload the document again."


@dataclass(frozen=True)
class StoredFile:
    """The written file: size in bytes and SHA-256 of the content."""

    size: int
    sha256: bytes


@dataclass(frozen=True)
class ListedFile:
    """An object of the store, its size in bytes, and when it was written."""

    key: str
    size: int
    modified: datetime


class FileStore:
    """Objects by key, as `<project>/<document>/...`. A put is atomic: a reader sees the old object or the new one.

    Deletions go through `gate`, which may refuse them: while a backup is taken, for example.
    """

    def __init__(
        self,
        store: ObjectStore,
        local_root: Path | None = None,
        *,
        gives_addresses: bool = False,
        gate: Gate | None = None,
    ) -> None:
        self._store = store
        self._gate: Gate = gate or contextlib.nullcontext
        self._local_root = local_root
        self._gives_addresses = gives_addresses

    @classmethod
    def local(cls, folder: Path, gate: Gate | None = None) -> "FileStore":
        root = folder.expanduser().resolve()
        return cls(open_folder(root), root, gate=gate)

    @classmethod
    def at(cls, url: str, options: Mapping[str, str], *, direct: bool = True, gate: Gate | None = None) -> "FileStore":
        """Returns the store of a URL, see `places.open_bucket`. With `direct`, clients get signed addresses of a
        bucket.

        Raises SetupError, and OSError for a folder that cannot be made.
        """
        if is_folder(url):
            return cls.local(folder_of(url), gate)
        store = open_bucket(url, options)
        gives_addresses = direct and isinstance(store, S3Store | GCSStore | AzureStore)
        return cls(store, gives_addresses=gives_addresses, gate=gate)

    @property
    def is_local(self) -> bool:
        return self._local_root is not None

    @property
    def gives_addresses(self) -> bool:
        """Whether clients may go straight to the store, with addresses that `address` signs."""
        return self._gives_addresses

    async def address(self, method: Literal["GET", "PUT"], key: str, seconds: float) -> str:
        """Returns a URL of the store that lets whoever has it read or write the object for that long."""
        assert isinstance(self._store, S3Store | GCSStore | AzureStore)
        return await obstore.sign_async(self._store, method, key, timedelta(seconds=seconds))

    def upload_headers(self) -> dict[str, str]:
        """Returns the headers that a PUT to a presigned address must send."""
        return {"x-ms-blob-type": "BlockBlob"} if isinstance(self._store, AzureStore) else {}

    async def put_stream(
        self, key: str, source: BinaryIO | AsyncIterator[bytes], *, download_name: str | None = None
    ) -> StoredFile:
        """Copy a binary file object or pieces of bytes: flat memory for any size.

        `download_name` is what browsers call the file that they get at a signed address.
        """
        hashing = _Hashing(source if isinstance(source, AsyncIterator) else _pieces_of(source))
        if download_name is None or self.is_local:
            await obstore.put_async(self._store, key, hashing.pieces())
        else:
            disposition = f"attachment; filename*=UTF-8''{quote(download_name, safe='')}"
            attributes = {"Content-Disposition": disposition, "Content-Type": "application/octet-stream"}
            await obstore.put_async(self._store, key, hashing.pieces(), attributes=attributes)
        return StoredFile(hashing.size, hashing.digest.digest())

    async def put(self, key: str, data: bytes, *, media_type: str | None = None) -> None:
        if media_type is None or self.is_local:
            await obstore.put_async(self._store, key, data)
        else:
            await obstore.put_async(self._store, key, data, attributes={"Content-Type": media_type})

    async def create(self, key: str, data: bytes) -> bool:
        """Stores an object unless there is one under the key. Returns whether it was stored."""
        try:
            await obstore.put_async(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return False
        return True

    async def get(self, key: str) -> bytes:
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def size(self, key: str) -> int:
        """Returns the size in bytes. Raises FileNotFoundError."""
        return int((await obstore.head_async(self._store, key))["size"])

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """Returns the bytes from `start` up to, not including, `end`. Raises FileNotFoundError."""
        return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def copy(self, source: str, target: str) -> None:
        """Raises FileNotFoundError."""
        await obstore.copy_async(self._store, source, target)

    async def delete(self, key: str) -> None:
        """Delete the object; none is no error, as in every other store."""
        async with self._gate():
            with contextlib.suppress(FileNotFoundError):
                await obstore.delete_async(self._store, key)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Returns the object's content in pieces. Raises FileMissing before the first of them.

        A store that ends in the middle raises StorageUnavailable: nobody takes a part for the whole.
        """
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            raise FileMissing(_MISSING) from None
        return _whole(found)

    @asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        """A path on this machine with the object's content, for parsers. Read only. Raises FileMissing."""
        if self._local_root is not None:
            path = self._local_root / key
            if not path.exists():
                raise FileMissing(_MISSING)
            yield path
            return
        await asyncio.to_thread(remove_leftovers)
        content = await self.open(key)
        with temporary_file() as file:
            async for piece in content:
                file.write(piece)
            file.flush()
            yield Path(file.name)

    async def modified(self, key: str) -> datetime:
        """When the object was stored. Raises FileNotFoundError."""
        found: datetime = (await obstore.head_async(self._store, key))["last_modified"]
        return found

    async def list(self, prefix: str | None = None) -> AsyncIterator[Sequence[ListedFile]]:
        """Yields all objects, or those under a folder, in batches."""
        async for batch in obstore.list(self._store, prefix):
            yield [ListedFile(item["path"], item["size"], item["last_modified"]) for item in batch]

    async def unfinished(self, before: datetime) -> Sequence[str]:
        """Returns the keys of local files that a killed process did not finish, last written before that time.

        A bucket shows none: docs/storage.md says how it ends unfinished uploads.
        """
        root = self._local_root
        return [] if root is None else await asyncio.to_thread(_unfinished_in, root, before.timestamp())

    async def remove_unfinished(self, before: datetime) -> None:
        """Deletes the files that `unfinished` returns."""
        async with self._gate():
            for key in await self.unfinished(before):
                assert self._local_root is not None
                (self._local_root / key).unlink(missing_ok=True)

    async def exists(self, key: str) -> bool:
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    async def delete_prefix(self, prefix: str) -> None:
        """Delete every object under a folder; none is no error."""
        async with self._gate():
            async for batch in obstore.list(self._store, prefix):
                paths = [item["path"] for item in batch]
                if paths:
                    await obstore.delete_async(self._store, paths)


def _unfinished_in(root: Path, before: float) -> list[str]:
    found = []
    for folder, _, names in os.walk(root):
        for path in (Path(folder, name) for name in names if _UNFINISHED.search(name)):
            with contextlib.suppress(FileNotFoundError):  # it was finished meanwhile
                if path.stat().st_mtime < before:
                    found.append(path.relative_to(root).as_posix())
    return found


async def _whole(found: "GetResult") -> AsyncIterator[bytes]:
    left = int(found.meta["size"])
    try:
        async for piece in found.stream(min_chunk_size=_READ):
            left -= len(piece)
            yield bytes(piece)
    except (StoreError, OSError) as error:
        raise StorageUnavailable("The transfer from the server's file store broke off: try again.") from error
    if left:
        raise StorageUnavailable("The server's file store sent only a part of the file: try again.")


async def _pieces_of(file: BinaryIO) -> AsyncIterator[bytes]:
    # The upload is already on the local disk (or small and in memory): reading 1 MiB of it takes well under a
    # millisecond, less than a hand-over to a thread.
    while piece := file.read(_READ):
        yield piece


class _Hashing:
    """Pieces for the store, hashed and counted on their way."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.size = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._source:
            self.digest.update(piece)
            self.size += len(piece)
            yield piece


def document_prefix(project_id: object, document_id: object) -> str:
    return f"{project_id}/{document_id}"
