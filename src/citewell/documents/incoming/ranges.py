"""The part of a file that a request carries, and how much of the file has been received."""

import re
from dataclasses import dataclass

from citewell.errors import BadRequest

_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


@dataclass(frozen=True)
class Range:
    """The bytes of the file that a request carries. `total` is the size of the file, None if the client did not say."""

    start: int
    total: int | None


@dataclass(frozen=True)
class Received:
    """How much of the file has been received. It is complete if no further part was announced."""

    size: int
    complete: bool


def parse_range(header: str | None) -> Range | None:
    """Parses the header `Content-Range`: `bytes 0-99/200`, or `bytes 0-99/*` while the size is unknown."""
    if header is None:
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise BadRequest("Content-Range must look like: bytes 0-1048575/5000000")
    return Range(int(match[1]), None if match[3] == "*" else int(match[3]))
