"""Results of bounded length: lists by pages, and what is still too long cut, never refused."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

MAX_RESULT_CHARS = 150_000
_PAGE_CHARS = MAX_RESULT_CHARS * 0.9
# The longest texts and lists that are kept whole, tried in this order until all fits.
_LIMITS = ((40_000, 2_000), (10_000, 500), (2_000, 200), (500, 50), (100, 10))
_NOTE = "The whole has {:,} characters, more than a result may have: long texts and lists were cut."


def encoded(data: Any) -> str:
    return msgspec.json.encode(data, enc_hook=str).decode()


def page_of(items: Sequence[Any], key: str, offset: int, total: int | None = None) -> dict[str, Any]:
    """Returns as many of the items as fit into a result, and `next_offset` where more follow.

    `items` begin at `offset`; `total` is the number of all, if known.
    """
    kept: list[Any] = []
    size = 0
    for item in items:
        size += len(json.dumps(item, default=str)) + 2
        if kept and size > _PAGE_CHARS:
            break
        kept.append(item)
    end = offset + len(kept)
    more = len(kept) < len(items) or (total is not None and end < total)
    return {key: kept, "next_offset": end if more else None} | ({"count": total} if total is not None else {})


def fitted(data: dict[str, Any]) -> dict[str, Any]:
    """The data, cut where it is longer than a result may be; `cut` then says so."""
    size = len(encoded(data))
    if size <= MAX_RESULT_CHARS:
        return data
    plain: dict[str, Any] = json.loads(encoded(data))
    for most_chars, most_items in _LIMITS:
        found: dict[str, Any] = _cut(plain, most_chars, most_items) | {"cut": _NOTE.format(size)}
        if len(encoded(found)) <= MAX_RESULT_CHARS:
            return found
    return {"cut": _NOTE.format(size)}


def _cut(value: Any, most_chars: int, most_items: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most_chars else value[:most_chars] + " [...]"
    if isinstance(value, list):
        return [_cut(one, most_chars, most_items) for one in value[:most_items]]
    if isinstance(value, dict):
        kept = list(value.items())[:most_items]
        return {name: _cut(one, most_chars, most_items) for name, one in kept}
    return value
