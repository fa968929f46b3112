"""A folder of the server, or one that is mounted there."""

import asyncio
import contextlib
import fnmatch
import itertools
import mimetypes
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from citewell.connectors.protocol import Checkpoint, ConnectorContext, Content, Credentials, Item, SourceError
from citewell.connectors.storable import key_of_path, path_of_key

_BATCH = 500
Secrets = Credentials


class Config(BaseModel, extra="forbid"):
    """`path` lies below one of CITEWELL_SOURCE_FOLDERS. `pattern` is one of the shell for names, like *.pdf."""

    path: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^/[^\x00]*$")]
    pattern: Annotated[str, Field(max_length=200)] = "*"


def target(config: Config) -> str:
    return ""


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Credentials, context: ConnectorContext) -> AsyncIterator["Folder"]:
    yield Folder(allowed(config.path, context), config.pattern, context.max_bytes)


def allowed(path: str, context: ConnectorContext) -> Path:
    """Returns the folder without links in its path. Raises SourceError outside of what the administrator opened."""
    found = Path(os.path.realpath(path))
    if not any(found.is_relative_to(os.path.realpath(root)) for root in context.roots):
        raise SourceError(
            f"{path} is not below a folder that sources may read: the administrator names those in"
            " CITEWELL_SOURCE_FOLDERS."
        )
    if not found.is_dir():
        raise SourceError(f"{path} is not a folder on the server, or not mounted now.")
    return found


class Folder:
    """Links are not followed, and hidden files are left out."""

    is_complete = True
    lists_everything = True
    pause = 0.0

    def __init__(self, root: Path, pattern: str, max_bytes: int) -> None:
        self._root = root
        self._pattern = pattern
        self._max_bytes = max_bytes

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item]:
        walk = self._walk()
        while batch := await asyncio.to_thread(lambda: [*itertools.islice(walk, _BATCH)]):
            for item in batch:
                yield item

    def _walk(self) -> Iterator[Item]:
        def fail(error: OSError) -> None:
            raise SourceError(f"{error.filename} cannot be read: {error.strerror}.")

        for folder, folders, names in os.walk(self._root, onerror=fail):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.startswith(".") or not fnmatch.fnmatch(name.lower(), self._pattern.lower()):
                    continue
                path = Path(folder, name)
                try:
                    about = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(about.st_mode):
                    within = path.relative_to(self._root)
                    inside = "" if within.parent == Path() else within.parent.as_posix()
                    mark = f"{about.st_size}-{about.st_mtime_ns}"
                    yield Item(key_of_path(within.as_posix()), mark, name, inside, about.st_size)

    async def fetch(self, item: Item) -> Content:
        guessed = mimetypes.guess_type(item.name)[0] or "application/octet-stream"
        try:
            return Content(os.fdopen(_open_below(self._root, path_of_key(item.key)), "rb"), guessed)
        except OSError as error:
            raise SourceError(f"The file cannot be read: {error.strerror}.") from None

    def position(self) -> None:
        """A listing is quick."""

    def checkpoint(self) -> Checkpoint:
        return {}


def _open_below(root: Path, path: str) -> int:
    """Returns a descriptor of the file, reached without following any link: one may have been put there since the
    listing. Raises OSError.
    """
    *folders, name = path.split("/")
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
