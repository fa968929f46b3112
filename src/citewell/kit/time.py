"""The clock for all times that are stored."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
