"""Finds the rows that a table is broken down by, where a question asks for all of them: segments, regions, products."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from citewell.agent.reading.document import Opened
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import LIGHT, is_light, terms
from citewell.agent.reading.tables import Row, Table
from citewell.agent.reading.vocabulary import any_of, load

MOST = 12  # parts that are shown
_LEAST = 2
_CAPTION_CHARS = 240
_FIGURES = frozenset({"amount", "percent", "share", "change", "compare", "date", "count"})


class Part(msgspec.Struct, frozen=True):
    """The name of a part: `start` and `end` in characters of the content of chunk number `chunk`."""

    chunk: int
    start: int
    end: int
    name: str


def answering(asked: Asked, documents: Sequence[Opened]) -> tuple[int, list[Part]] | None:
    """(index of the document, parts) of the first table whose caption says that it is by what is asked for."""
    topics = [group for group in asked.groups if not group.is_name and not is_light(group)]
    if "list" not in asked.kinds or asked.kinds & _FIGURES or asked.concepts or not topics:
        return None
    for index, document in enumerate(documents):
        for table in document.tables:
            if _is_by(table, topics) and len(parts := list(_parts(table, document))) >= _LEAST:
                return index, parts[:MOST]
    return None


def _is_by(table: Table, topics: Sequence[Group]) -> bool:
    """Whether the caption has "by segment" for one of the topics, and caption or headings all others."""
    caption = table.caption[-_CAPTION_CHARS:]
    over = terms(f"{caption} {table.heading}")
    if not all(any(words <= over for words in topic.alternatives) for topic in topics):
        return False
    by = frozenset[str]().union(*(terms(found[1]) for found in _breakdown_pattern().finditer(caption)))
    return any(words <= by for topic in topics for words in topic.alternatives)


@cache
def _breakdown_pattern() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(load('questions')['listing']['by'])}\s((?:[\w-]+\s){{0,2}}[\w-]+)", re.IGNORECASE)


def _parts(table: Table, document: Opened) -> Iterator[Part]:
    """The sections of the table; without sections, the labels of its rows. No totals."""
    content = document.chunks[table.chunk].content
    sections = list(dict.fromkeys(row.section for row in table.rows if row.section))
    for name, row in _named(table.rows, use_sections=len(sections) >= _LEAST):
        if not name or terms(name) <= LIGHT or "total" in terms(name):
            continue
        start = content.rfind(name, 0, row.start + len(name))
        if start >= 0:
            yield Part(table.chunk, start, start + len(name), name)


def _named(rows: Sequence[Row], *, use_sections: bool) -> Iterator[tuple[str, Row]]:
    """Yields each name with the first row that has it."""
    seen: set[str] = set()
    for row in rows:
        name = row.section if use_sections else row.label
        if name not in seen:
            seen.add(name)
            yield name, row
