"""Passages: parts of a chunk that are small enough for an embedding model to read whole."""

import re
from collections.abc import Iterator

import msgspec

MAX_TOKENS = 240
# Pieces about as long as a wordpiece tokenizer's: short runs of letters, pairs of digits, single other characters.
_PIECE = re.compile(r"[^\W\d_]{1,6}|\d{1,2}|[^\w\s]|_")
_CJK = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Ends of sentences, of lines, and, in a text without either, of words.
_UNIT = re.compile(r"[^\n.!?。！？]*(?:[.!?。！？]+(?=\s|$|[^\x00-\x7f])|\n+|[.!?。！？]|$)")


class Passage(msgspec.Struct, frozen=True):
    """`start` and `end` are characters of the chunk's content."""

    ordinal: int
    start: int
    end: int


def estimate_tokens(text: str) -> int:
    """About how many wordpieces a text has; rather too many than too few."""
    return sum(1 for _ in _PIECE.finditer(text)) + sum(1 for _ in _CJK.finditer(text))


def split(content: str, max_tokens: int = MAX_TOKENS) -> list[Passage]:
    """Passages that cover all of the content but white space between them, cut between sentences or lines.

    A sentence or line that is too long alone is cut between words.
    """
    spans: list[tuple[int, int]] = []
    start = end = tokens = 0
    for unit_start, unit_end in _units(content, max_tokens):
        size = estimate_tokens(content[unit_start:unit_end])
        if tokens and tokens + size > max_tokens:
            spans.append((start, end))
            start, tokens = unit_start, 0
        end, tokens = unit_end, tokens + size
    spans.append((start, end))
    stripped = (_stripped(content, *span) for span in spans)
    return [Passage(ordinal, *span) for ordinal, span in enumerate(span for span in stripped if span[0] < span[1])]


def indexed_text(document_name: str, heading_path: list[str], text: str) -> str:
    """What is analysed and embedded for a passage: without its document and headings many a passage is about nothing."""
    return "\n".join([document_name, *heading_path[-3:], text])


def _units(content: str, max_tokens: int) -> Iterator[tuple[int, int]]:
    for found in _UNIT.finditer(content):
        start, end = found.span()
        if start == end:
            continue
        if estimate_tokens(content[start:end]) <= max_tokens:
            yield start, end
        else:
            yield from _words(content, start, end, max_tokens)


def _words(content: str, start: int, end: int, max_tokens: int) -> Iterator[tuple[int, int]]:
    """Groups of words; a word that alone is too long is cut."""
    # A token has one character at least, so a piece of max_tokens characters is never too long.
    pieces = re.compile(rf"\s*\S{{1,{max_tokens}}}")
    group, tokens = start, 0
    for found in pieces.finditer(content, start, end):
        size = estimate_tokens(found.group())
        if tokens and tokens + size > max_tokens:
            yield group, found.start()
            group, tokens = found.start(), 0
        tokens += size
    yield group, end


def _stripped(content: str, start: int, end: int) -> tuple[int, int]:
    while start < end and content[start].isspace():
        start += 1
    while end > start and content[end - 1].isspace():
        end -= 1
    return start, end
