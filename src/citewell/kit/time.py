"""One clock for everything that is stored."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
