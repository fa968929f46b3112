"""Logs slow statements: their text, never their parameters."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Engine, event

from citewell.kit.metrics import SLOW_STATEMENTS

log = structlog.get_logger(__name__)

_SHOWN = 1000  # characters


@contextmanager
def watched(statement: str, limit: float) -> Iterator[None]:
    """Log the statement if the body takes longer than `limit` seconds; 0 is no limit."""
    started = time.perf_counter()
    try:
        yield
    finally:
        note(statement, time.perf_counter() - started, limit)


def note(statement: str, seconds: float, limit: float) -> None:
    if limit and seconds > limit:
        SLOW_STATEMENTS.inc()
        log.warning("slow_statement", seconds=round(seconds, 3), statement=" ".join(statement.split())[:_SHOWN])


def watch(engine: Engine, limit: float) -> None:
    """Log the statements of an engine that take longer than `limit` seconds."""

    def begin(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context.citewell_began = time.perf_counter()

    def end(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        began = getattr(context, "citewell_began", None)
        if began is not None:
            note(statement, time.perf_counter() - began, limit)

    if limit:
        event.listen(engine, "before_cursor_execute", begin)
        event.listen(engine, "after_cursor_execute", end)
