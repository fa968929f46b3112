"""Sentences: where one ends, in prose and in forms."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading.forms import labels
from citewell.agent.reading.vocabulary import any_of, load
from citewell.search.analyse import analyse

_LEAST_LABELS = 2
_ORDINAL_CHARS = 20
_STOP = re.compile(
    r"(?<![.!?])[.!?]++[”\"'’)\]]*+(?=\s{1,40}+[^a-z\s])|[。！？]++[”」』）]*+"
    r"|\n(?=\s{0,40}+(?:[•◦▪●·–*-]|\d{1,2}[.)]|\([a-z0-9]{1,3}\))\s)"
)


class Sentence(msgspec.Struct, frozen=True):
    """`start` and `end` in characters of the content of chunk number `chunk`; `words` analysed; `context` those of the
    headings above it and of the document's name. The `text` of one that goes on over the end of a page leaves out what
    stands in the margins."""

    chunk: int
    start: int
    end: int
    text: str
    words: frozenset[str]
    context: frozenset[str]


def context_words(chunk: ChunkText, language: str) -> frozenset[str]:
    name = re.sub(r"[_.-]+", " ", chunk.document_name)
    return frozenset(analyse(" ".join([name, *chunk.heading_path]), language))


def split(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, and of each labelled value of a form, without white space around it."""
    starts = labels(text)
    edges = [0, *(starts if len(starts) >= _LEAST_LABELS else []), len(text)]
    for start, end in pairwise(edges):
        yield from ((start + left, start + right) for left, right in _split_prose(text[start:end]))


def _split_prose(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    for stop in [*_STOP.finditer(text), None]:
        end = stop.end() if stop else len(text)
        if stop is not None and stop[0].startswith(".") and _goes_on(text[place : stop.start()], text[end:]):
            continue
        piece = text[place:end]
        if piece.strip():
            left = place + len(piece) - len(piece.lstrip())
            yield left, left + len(piece.strip())
        place = end


@cache
def _month() -> re.Pattern[str]:
    return re.compile(rf"\s*{any_of([name for names in load('time')['months'].values() for name in names])}\b", re.I)


def _goes_on(before: str, behind: str) -> bool:
    """Returns whether the full stop between the two ends no sentence: after an abbreviation, or in "am 1. Juni"."""
    if _abbreviated(before):
        return True
    return before[-1:].isdigit() and (_month().match(behind) or _ordinal().search(before[-_ORDINAL_CHARS:])) is not None


@cache
def _ordinal() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(load('questions')['abbreviations']['before_ordinal'])}\s\d{{1,2}}$", re.IGNORECASE)


def _abbreviated(before: str) -> bool:
    last = before.rsplit(None, 1)[-1].lower().lstrip("(\"“'") if before.strip() else ""
    return last in load("questions")["abbreviations"]["words"] or (len(last) == 1 and last.isalpha())
