"""Recognises errors of the environment that pass with their cause: a full disk, a database that does not answer."""

import errno
from collections.abc import Iterator
from typing import Literal

import psycopg
from obstore.exceptions import BaseError as StoreError
from obstore.exceptions import GenericError
from obstore.exceptions import NotFoundError as MissingObject
from psycopg.errors import DiskFull, ForeignKeyViolation
from psycopg_pool import PoolTimeout, TooManyRequests
from sqlalchemy.exc import TimeoutError as NoConnection

from citewell.errors import (
    CitewellError,
    CommitUnconfirmed,
    DatabaseUnavailable,
    FileMissing,
    NotFound,
    Overloaded,
    ProjectMoving,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
    TooSlow,
)

Outage = Literal["disk_full", "database_away", "database_contended", "store_away", "project_moving"]

REASONS: dict[Outage, str] = {
    "disk_full": "the server's disk is full: free some space",
    "database_away": "the database does not answer",
    "database_contended": "other requests are changing the same data",
    "store_away": "the object store does not answer",
    "project_moving": "the project moves to another cell",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
# Broken or refused connections; a server that starts, stops, or takes no more connections.
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")
# Deadlock and serialization failure: the transaction gave way to another and only has to run again.
_CONTENDED = ("40P01", "40001")
# Statement timeout, lock timeout, deadlock, serialization failure: the same request may well succeed next time.
_BUSY = ("57014", "55P03", *_CONTENDED)
_MOVING = "CW001"  # raised by the trigger that freezes a project's rows while it moves
_OF_PROJECT = "_project_id_projects"  # end of the names of the constraints
_SOON = {"Retry-After": "5"}


class StandbyAway(psycopg.OperationalError):
    """A commit would wait for a synchronous standby that is away. Nothing was executed."""


class UnconfirmedCommit(psycopg.OperationalError):
    """The database committed on its primary alone: its synchronous standby has not confirmed it."""


def outage(error: BaseException | None) -> Outage | None:
    """Returns the part of the environment that failed, by this error and its causes; None for any other error."""
    return next((found for cause in _causes(error) if (found := _outage_of(cause))), None)


def is_stored(error: BaseException) -> bool:
    """Whether what failed with this error is in the database all the same, so that it must not be done again."""
    return any(isinstance(cause, UnconfirmedCommit) for cause in _causes(error))


def waits_for_standby(error: BaseException) -> bool:
    """Whether a write failed because the synchronous standby is away, while everything else goes on."""
    return any(isinstance(cause, StandbyAway | UnconfirmedCommit) for cause in _causes(error))


def explain(error: BaseException) -> CitewellError | None:
    """Returns the error that tells a client which part of the environment failed; None for any other error."""
    return next((found for cause in _causes(error) if (found := _explanation(cause))), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _outage_of(error: BaseException) -> Outage | None:
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
        return "disk_full"
    # obstore passes the system's error on only as text.
    if isinstance(error, StoreError) and _says(error, _FULL):
        return "disk_full"
    if isinstance(error, GenericError) and "LocalFileSystem" not in str(error):
        return "store_away"
    if isinstance(error, psycopg.Error) and error.sqlstate in _CONTENDED:
        return "database_contended"
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return "database_away" if error.sqlstate is None or error.sqlstate.startswith(_AWAY) else None
    if isinstance(error, psycopg.Error) and error.sqlstate == _MOVING:
        return "project_moving"
    return None


def _explanation(error: BaseException) -> CitewellError | None:
    if isinstance(error, CitewellError):
        return error
    if isinstance(error, PoolTimeout | TooManyRequests | NoConnection):
        return Overloaded("All connections to the database are in use: try again shortly.", headers=_SOON)
    if isinstance(error, UnconfirmedCommit):
        return CommitUnconfirmed()
    if isinstance(error, StandbyAway):
        return DatabaseUnavailable(
            "The database's standby does not answer, so nothing can be stored safely: try again shortly.", headers=_SOON
        )
    found = _outage_of(error)
    if found == "disk_full":
        return StorageFull("The server's disk is full, so nothing was stored: free some space there and try again.")
    if found == "database_away":
        return DatabaseUnavailable(
            "The server cannot reach its database at the moment: try again shortly.", headers=_SOON
        )
    if found == "project_moving":
        return ProjectMoving()
    if isinstance(error, ForeignKeyViolation):
        return _gone(error)
    if isinstance(error, psycopg.Error):
        busy = error.sqlstate in _BUSY
        return TooSlow("The database took too long over this: try again shortly.", headers=_SOON) if busy else None
    if isinstance(error, OSError | StoreError):
        return _of_system(error)
    return None


def _gone(error: ForeignKeyViolation) -> CitewellError | None:
    """Returns the error for a row whose project was deleted while the request ran; None for any other."""
    is_of_project = (error.diag.constraint_name or "").endswith(_OF_PROJECT)
    return NotFound("There is no such project: it was deleted meanwhile.") if is_of_project else None


def _of_system(error: OSError | StoreError) -> CitewellError | None:
    if isinstance(error, MissingObject | FileNotFoundError):
        return FileMissing("The file is missing from the server's store: upload the document again.")
    if _has_number(error, _NO_DESCRIPTORS):
        return Overloaded("The server has too many files and connections open: try again shortly.", headers=_SOON)
    if _has_number(error, _DENIED):
        return StorageDenied("The server may not read or write one of its own files; its log names it.")
    if isinstance(error, TimeoutError):
        return TooSlow("The server waited too long for something that it needs: try again shortly.", headers=_SOON)
    if isinstance(error, StoreError):
        return StorageUnavailable("The server's store of files does not answer: try again shortly.", headers=_SOON)
    return None


def _has_number(error: OSError | StoreError, numbers: tuple[int, ...]) -> bool:
    return error.errno in numbers if isinstance(error, OSError) else _says(error, numbers)


def _says(error: StoreError, numbers: tuple[int, ...]) -> bool:
    return any(f"(os error {number})" in str(error) for number in numbers)
