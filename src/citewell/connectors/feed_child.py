"""Reads a feed in a process of its own: a hostile one takes the parser hours, which no thread can be stopped from.

Input is the feed, output its entries as JSON: a list of objects, or null for what is no feed.
"""

import io
import json
import resource
import sys
from typing import Any

import feedparser

from citewell.ingestion.parsing.isolation import cut_off
from citewell.ingestion.parsing.programs import die_with_parent

SECONDS = 60  # of computing
_MEMORY = 2**30  # bytes of address space
_MOST_ENTRIES = 1000
_MOST_TEXT = 200_000  # characters of an entry


def main() -> None:
    die_with_parent()
    cut_off()  # a feed names addresses, and nothing here may fetch them
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # From bytes alone: given an address, the parser would fetch it by itself.
    body = io.BytesIO(sys.stdin.buffer.read())
    found = feedparser.parse(body, sanitize_html=True, resolve_relative_uris=False)
    is_feed = found.entries or not found.bozo
    json.dump([_entry(one) for one in found.entries[:_MOST_ENTRIES]] if is_feed else None, sys.stdout)


def _entry(entry: Any) -> dict[str, str]:
    text = entry.content[0].value if entry.get("content") else entry.get("summary", "")
    values = {name: entry.get(name, "") for name in ("id", "title", "link", "updated")} | {"text": text}
    return {name: str(value)[:_MOST_TEXT] for name, value in values.items()}


if __name__ == "__main__":
    main()
