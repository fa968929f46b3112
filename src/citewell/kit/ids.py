"""Identifiers that sort by the time they were made, so that indexes grow at one end."""

import os
import time
import uuid
from typing import Any, TypeGuard


def new_id() -> uuid.UUID:
    """Returns a UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = milliseconds << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def is_uuid(value: Any) -> TypeGuard[str]:
    """Whether the value is the text of a UUID."""
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def time_of_id(identity: uuid.UUID) -> int:
    """Returns when `new_id` made the id, in seconds since 1970."""
    return (identity.int >> 80) // 1000
