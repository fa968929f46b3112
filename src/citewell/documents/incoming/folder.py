"""The file of an upload in the data folder. An interrupted transfer is resumed after its last byte."""

import asyncio
import contextlib
import fcntl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from citewell.documents.incoming.ranges import Range, Received
from citewell.errors import Conflict, TooLarge
from citewell.kit.private import private_folder
from citewell.storage.hold import may_remove

_WRITE = 1024 * 1024
_LOCK_SECONDS, _LOOK_SECONDS = 5.0, 0.05


class FolderIncoming:
    """The file of one upload: `<id>.part` while it grows, `<id>.whole` once it has arrived."""

    def __init__(self, folder: Path, upload_id: UUID) -> None:
        self.part = folder / f"{upload_id}.part"
        self.whole = folder / f"{upload_id}.whole"

    async def received(self) -> Received:
        if self.whole.exists():
            return Received(self.whole.stat().st_size, complete=True)
        return Received(self.part.stat().st_size if self.part.exists() else 0, complete=False)

    async def receive(self, body: AsyncIterator[bytes], part: Range | None, limit: int) -> Received:
        """Writes the body of a request: the whole file, or a part that begins where the last one ended.

        If the client disconnects, the bytes received so far are kept. Raises Conflict for a part that begins elsewhere,
        and while another request is writing.
        """
        if self.whole.exists():
            raise Conflict("The file is complete: confirm the upload.")
        private_folder(self.part.parent)
        with self.part.open("ab") as file:
            await _lock(file)
            size = self.part.stat().st_size
            if part is None:
                file.truncate(0)
                size = 0
            elif part.start != size:
                raise Conflict(
                    f"{size} bytes arrived: continue with byte {size}.", headers={"Upload-Offset": str(size)}
                )
            size = await _write(file, body, size, limit)
            if part is None or part.total == size:
                self.part.rename(self.whole)
                return Received(size, complete=True)
            return Received(size, complete=False)

    @contextlib.asynccontextmanager
    async def content(self) -> AsyncIterator[BinaryIO]:
        """Opens the file for reading. Raises FileNotFoundError until it is complete."""
        with self.whole.open("rb") as file:
            yield file

    async def forget(self) -> None:
        """Deletes the file, or leaves that to `remove_old` while a backup copies the files."""
        with may_remove(self.part.parent.parent) as allowed:
            if allowed:
                self.part.unlink(missing_ok=True)
                self.whole.unlink(missing_ok=True)


def remove_old(folder: Path, before: float) -> int:
    """Deletes files that were last written before `before`, in seconds since 1970. Returns their number."""
    with may_remove(folder.parent) as allowed:
        old = [path for path in folder.glob("*") if path.stat().st_mtime < before] if allowed else []
        for path in old:
            path.unlink(missing_ok=True)
    return len(old)


async def _lock(file: BinaryIO) -> None:
    """Locks the file. Waits a moment for a request whose client has disconnected; else raises Conflict."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Conflict("Another request is sending this file: wait until it ends.") from None
        await asyncio.sleep(_LOOK_SECONDS)


async def _write(file: BinaryIO, body: AsyncIterator[bytes], size: int, limit: int) -> int:
    """Appends the body and returns the new size. Bytes received before a broken connection are written, too."""
    held = bytearray()
    try:
        async for piece in body:
            size += len(piece)
            if size > limit:
                raise TooLarge(
                    f"The file is too large: at most {limit:,} bytes are accepted (CITEWELL_MAX_UPLOAD_BYTES)."
                )
            held += piece
            if len(held) >= _WRITE:
                await asyncio.to_thread(file.write, bytes(held))
                held.clear()
    finally:
        await asyncio.to_thread(file.write, bytes(held))
        await asyncio.to_thread(file.flush)
    return size
