"""The protocol of connectors: a connector lists what its source has and fetches one item of it.

`sync` does everything else.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from pydantic import BaseModel

from citewell.kit.public_http import PublicFetcher

Checkpoint = dict[str, Any]
_IN_MEMORY = 2**20  # bytes


class SourceError(Exception):
    """The source cannot be read, or one thing of it. The message says why, for the person who set it up."""


class Unchanged(Exception):
    """Raised by `list` before the first item: nothing has changed since the checkpoint."""


@dataclass(frozen=True)
class Item:
    """A file, page or message of a source.

    `key` names it in the source for ever, `mark` changes with its content. `name` is its document's, `folder` where it
    lies. `data` is kept for `fetch`, as JSON.
    """

    key: str
    mark: str
    name: str
    folder: str = ""
    size: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """The fetched content. The caller reads the file once and closes it."""

    file: BinaryIO
    content_type: str = "application/octet-stream"


@contextlib.contextmanager
def filling() -> Iterator[BinaryIO]:
    """A temporary file to fill with what is fetched: on disk once it is larger than 1 MiB.

    It is rewound at the end of the block; an exception closes it.
    """
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - whoever gets the content closes it
    try:
        yield file
        file.seek(0)
    except BaseException:
        file.close()
        raise


class Connector(Protocol):
    """An open source.

    `is_complete` says, after `list`, that what it left out is gone from the source, so that its documents are deleted.
    `lists_everything` says that `list` gives every item whatever the checkpoint is, so that a checkpoint may be kept
    although items failed. `pause` is the seconds that the source wants between two requests: `list` and `fetch` set it,
    and their caller waits.
    """

    is_complete: bool
    lists_everything: bool
    pause: float

    def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item | None]:
        """Yields every item of the source, or those that follow a position. None stands for a step that gave no item.

        Raises Unchanged or SourceError.
        """

    def position(self) -> Checkpoint | None:
        """Returns where another `list` can continue after the last item that was yielded, as JSON; None if it
        cannot.
        """

    async def fetch(self, item: Item) -> Content:
        """Returns the content of an item. Raises SourceError."""

    def checkpoint(self) -> Checkpoint:
        """Returns what the next `list` gets after a sync that has succeeded."""


@dataclass(frozen=True)
class ConnectorContext:
    """What connectors may use:

    `outside` reaches public addresses only, `folder` is a cache of this source alone, `roots` are the folders that the
    administrator lets sources read.
    """

    outside: PublicFetcher
    folder: Path
    roots: tuple[Path, ...]
    max_bytes: int


class Credentials(BaseModel, extra="forbid"):
    """Sealed in the database. A kind without any uses this class as it is."""


class Kind(Protocol):
    """A module of this package: what it needs to know, and how it is opened."""

    Config: type[BaseModel]
    Secrets: type[Credentials]

    def open_source(
        self, config: Any, secrets: Any, context: ConnectorContext
    ) -> AbstractAsyncContextManager[Connector]: ...

    def target(self, config: Any) -> str:
        """Returns the address that the credentials are sent to. When it changes, they must be entered again."""
