"""Connections that report a commit which no synchronous standby has confirmed."""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import Diagnostic

from citewell.kit.outages import UnconfirmedCommit

# The function of PostgreSQL that warns. The warning's text depends on the server's language, its SQLSTATE is 01000.
_WAITING_FOR_STANDBY = "SyncRepWaitForLSN"

T = TypeVar("T")


class ConfirmedConnection(psycopg.AsyncConnection[Any]):
    """Raises `UnconfirmedCommit` where PostgreSQL gave up waiting for a synchronous standby.

    When such a wait is cancelled, PostgreSQL commits on the primary alone and reports success with a warning. If the
    primary is lost then, so is the commit: nobody may be told that it is safe.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._is_unconfirmed = False
        self.add_notice_handler(self._notice)

    async def wait(self, gen: PQGen[T], *args: Any, **named: Any) -> T:
        """Overrides psycopg's `wait`, through which every statement and every COMMIT goes."""
        self._is_unconfirmed = False
        result = await super().wait(gen, *args, **named)
        if self._is_unconfirmed:
            raise UnconfirmedCommit("no synchronous standby has confirmed the commit")
        return result

    def _notice(self, notice: Diagnostic) -> None:
        if notice.source_function == _WAITING_FOR_STANDBY:
            self._is_unconfirmed = True
