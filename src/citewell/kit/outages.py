"""Errors that are the surroundings' fault and pass with it: a full disk, a database that does not answer."""

import errno
from collections.abc import Iterator
from typing import Literal

import psycopg
from obstore.exceptions import BaseError as StoreError
from psycopg.errors import DiskFull

Outage = Literal["disk_full", "database_away"]

REASONS: dict[Outage, str] = {
    "disk_full": "the server's disk is full: free some space",
    "database_away": "the database does not answer",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Connections that break or are refused, a server that starts or stops, one that takes no more connections.
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")


def outage(error: BaseException | None) -> Outage | None:
    """What of the surroundings is out of order, by this error or one that led to it; None if it is something else."""
    return next((found for cause in _causes(error) if (found := _outage_of(cause))), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _outage_of(error: BaseException) -> Outage | None:
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
        return "disk_full"
    # The store of files hands the system's error on as text alone.
    if isinstance(error, StoreError) and any(f"(os error {number})" in str(error) for number in _FULL):
        return "disk_full"
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return "database_away" if error.sqlstate is None or error.sqlstate.startswith(_AWAY) else None
    return None
