"""The file of an upload in the object store: objects below `uploads/<project>/<upload>/<transfer>/`.

Each object is named by the offset of its first byte. Objects are written atomically, so an interrupted transfer is
resumed after the last of them, on any server. The name of a transfer tells its kind. `direct` is one object that the
client wrote with a signed URL of the store. `size-<n>` has the parts of a file of n bytes that the client wrote so. Any
other name is a transfer through a server; it ends with an object `whole`, and the newest one counts.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from citewell.db.file_hold import FilesHeld
from citewell.documents.incoming.ranges import Range, Received
from citewell.errors import Conflict, TooLarge
from citewell.kit.ids import new_id
from citewell.storage import FileStore

PREFIX = "uploads"
PART_BYTES = 64 * 1024 * 1024  # of each part that the client sends directly to the store
_PIECE_BYTES = 8 * 1024 * 1024
_END = "whole"
_DIRECT, _SIZED = "direct", "size-"


@dataclass
class _Transfer:
    name: str
    pieces: dict[int, tuple[str, int]] = field(default_factory=dict)  # by first byte: key and size
    has_ended: bool = False

    @property
    def size(self) -> int:
        """Bytes from the beginning up to the first gap."""
        size = 0
        while size in self.pieces and self.pieces[size][1]:
            size += self.pieces[size][1]
        return size

    @property
    def is_complete(self) -> bool:
        if self.name == _DIRECT:
            return 0 in self.pieces
        if self.name.startswith(_SIZED):
            return self.size == int(self.name.removeprefix(_SIZED))
        return self.has_ended

    @property
    def is_through_server(self) -> bool:
        return self.name != _DIRECT and not self.name.startswith(_SIZED)


@dataclass(frozen=True)
class Part:
    """The bytes of the file from `start` up to, not including, `end`. `address` is the URL that takes them by PUT."""

    start: int
    end: int
    received: bool
    address: str


class ObjectIncoming:
    """The file of one upload."""

    def __init__(self, files: FileStore, project_id: UUID, upload_id: UUID) -> None:
        self._files = files
        self._folder = f"{PREFIX}/{project_id}/{upload_id}"

    async def address(self, seconds: float) -> str:
        """Returns a signed URL of the store that takes the whole file by one PUT, for `seconds`."""
        return await self._files.address("PUT", self._key(_DIRECT, 0), seconds)

    async def parts(self, size: int, seconds: float) -> list[Part]:
        """Returns the parts of a file of `size` bytes, with signed URLs for `seconds`. A part may be sent again."""
        name = f"{_SIZED}{size}"
        stored = (await self._transfers()).get(name, _Transfer(name)).pieces
        found: list[Part] = []
        for start in range(0, size, PART_BYTES):
            end = min(start + PART_BYTES, size)
            received = start in stored and stored[start][1] == end - start
            found.append(Part(start, end, received, await self._files.address("PUT", self._key(name, start), seconds)))
        return found

    async def received(self) -> Received:
        transfers = await self._transfers()
        if complete := _complete(transfers):
            return Received(complete.size, complete=True)
        return Received(max((one.size for one in transfers.values()), default=0), complete=False)

    async def receive(self, body: AsyncIterator[bytes], part: Range | None, limit: int) -> Received:
        """Like FolderIncoming.receive. If two requests write the same bytes, the second raises Conflict."""
        transfers = await self._transfers()
        if _complete(transfers):
            raise Conflict("The file is complete: confirm the upload.")
        newest = max((name for name, one in transfers.items() if one.is_through_server), default=None)
        if part is None or newest is None:
            newest = new_id().hex
        size = transfers[newest].size if newest in transfers else 0
        if part is not None and part.start != size:
            raise Conflict(f"{size} bytes arrived: continue with byte {size}.", headers={"Upload-Offset": str(size)})
        size = await self._write(newest, body, size, limit)
        if part is not None and part.total != size:
            return Received(size, complete=False)
        await self._files.put(f"{self._folder}/{newest}/{_END}", b"")
        return Received(size, complete=True)

    @contextlib.asynccontextmanager
    async def content(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Opens the file as an iterator of its pieces. Raises FileNotFoundError until it is complete."""
        found = _complete(await self._transfers())
        if found is None:
            raise FileNotFoundError(self._folder)
        yield self._read(found)

    async def forget(self) -> None:
        with contextlib.suppress(FilesHeld):  # a backup runs: the daily search for orphans deletes the file later
            await self._files.delete_prefix(self._folder)

    async def _write(self, name: str, body: AsyncIterator[bytes], size: int, limit: int) -> int:
        held = bytearray()
        try:
            async for piece in body:
                if size + len(held) + len(piece) > limit:
                    raise TooLarge(
                        f"The file is too large: at most {limit:,} bytes are accepted (CITEWELL_MAX_UPLOAD_BYTES)."
                    )
                held += piece
                if len(held) >= _PIECE_BYTES:
                    size = await self._write_piece(name, size, held)
        finally:  # bytes received before a broken connection are kept
            size = await self._write_piece(name, size, held)
        return size

    async def _write_piece(self, name: str, start: int, held: bytearray) -> int:
        if not held:
            return start
        data = bytes(held)
        held.clear()
        if not await self._files.create(self._key(name, start), data):
            raise Conflict("Another request is sending this file: wait until it ends.")
        return start + len(data)

    async def _read(self, found: _Transfer) -> AsyncIterator[bytes]:
        start = 0
        while start in found.pieces:
            key, size = found.pieces[start]
            async for piece in await self._files.open(key):
                yield piece
            if not size:
                return
            start += size

    async def _transfers(self) -> dict[str, _Transfer]:
        found: dict[str, _Transfer] = {}
        async for batch in self._files.list(self._folder):
            for item in batch:
                name, _, piece = item.key.removeprefix(f"{self._folder}/").partition("/")
                transfer = found.setdefault(name, _Transfer(name))
                if piece == _END:
                    transfer.has_ended = True
                elif piece.isdecimal():
                    transfer.pieces[int(piece)] = item.key, item.size
        return found

    def _key(self, name: str, start: int) -> str:
        return f"{self._folder}/{name}/{start:015}"


def _complete(transfers: dict[str, _Transfer]) -> _Transfer | None:
    return next((transfers[name] for name in sorted(transfers) if transfers[name].is_complete), None)
