"""Passages: parts of a chunk that are small enough for an embedding model to read whole."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import msgspec

MAX_TOKENS = 120
# Pieces like those of a WordPiece tokenizer: short runs of letters, pairs of digits, single other characters.
_PIECE = re.compile(r"[^\W\d_]{1,6}|\d{1,2}|[^\w\s]|_")
_CJK = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LINE = re.compile(r"[^\n]*\n+|[^\n]+")
_CLOSING = r"[\"')\]”’»]*"
# A full stop ends a sentence if white space follows, so 3.5 and example.com stay whole. The Chinese one always does.
# Consecutive full stops are matched together, so that a line of dots takes linear time.
_END = re.compile(rf"(?<![.!?])[.!?]++{_CLOSING}(?:\s++|\Z)|[。！？]++{_CLOSING}\s*+")
_TABLE_ROW = re.compile(r" \| |\t")


class Passage(msgspec.Struct, frozen=True):
    """A part of a chunk. `start` and `end` are character offsets in the chunk's content."""

    ordinal: int
    start: int
    end: int


def estimate_tokens(text: str) -> int:
    """Estimates the number of WordPiece tokens of a text; rather too high than too low."""
    tokens = len(_PIECE.findall(text))
    return tokens if text.isascii() else tokens + len(_CJK.findall(text))


def split(
    content: str,
    max_tokens: int = MAX_TOKENS,
    page_starts: Sequence[int] = (),
    joints: Sequence[tuple[int, int]] = (),
) -> list[Passage]:
    """Splits the content into passages between lines or sentences. Only white space between passages is left out.

    A passage ends at each offset of `page_starts`, except inside a sentence or table that continues on the next page:
    `joints` are (end of the text before such a page, start of the text on it). A sentence or table row is cut only if
    it is longer than `max_tokens`: then between words, and a longer word between characters.
    """
    spans: list[tuple[int, int]] = []
    start = end = tokens = 0
    pages = deque(sorted(page_starts))
    for unit_start, unit_end, size in _joined(_units(content, max_tokens), joints, max_tokens):
        begins_page = bool(pages) and unit_start >= pages[0]
        while pages and unit_start >= pages[0]:
            pages.popleft()
        if tokens and (begins_page or tokens + size > max_tokens):
            spans.append((start, end))
            start, tokens = unit_start, 0
        end, tokens = unit_end, tokens + size
    spans.append((start, end))
    stripped = (_stripped(content, *span) for span in spans)
    return [Passage(ordinal, *span) for ordinal, span in enumerate(span for span in stripped if span[0] < span[1])]


def _joined(
    units: Iterable[tuple[int, int, int]], joints: Sequence[tuple[int, int]], max_tokens: int
) -> Iterator[tuple[int, int, int]]:
    """Yields the units. Two units that meet in a joint become one with the text between them, if it is not too long."""
    left = deque(sorted(joints))
    held: list[tuple[int, int, int]] = []
    for unit in units:
        while not held and left and unit[0] >= left[0][0]:
            left.popleft()
        if not held and left and left[0][0] <= unit[1]:
            held = [unit]
        elif held:
            held.append(unit)
        if not held:
            yield unit
        elif unit[1] > left[0][1]:
            left.popleft()
            size = sum(one[2] for one in held)
            if size <= max_tokens:
                yield held[0][0], unit[1], size
            else:
                yield from held
            held = []
    yield from held


def _units(content: str, max_tokens: int) -> Iterator[tuple[int, int, int]]:
    """Yields (start, end, tokens) of the lines and sentences, which should stay whole."""
    for line in _LINE.finditer(content):
        whole = bool(_TABLE_ROW.search(line[0]))
        for start, end in [line.span()] if whole else _sentences(content, *line.span()):
            size = estimate_tokens(content[start:end])
            if size <= max_tokens:
                yield start, end, size
            else:
                yield from _words(content, start, end, max_tokens)


def _sentences(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for found in _END.finditer(content[start:end]):
        yield at, start + found.end()
        at = start + found.end()
    if at < end:
        yield at, end


def _words(content: str, start: int, end: int, max_tokens: int) -> Iterator[tuple[int, int, int]]:
    """Yields (start, end, tokens) of groups of words, each within `max_tokens`.

    A token has at least one character, so a piece of `max_tokens` characters always fits.
    """
    pieces = re.compile(rf"\s*\S{{1,{max_tokens // 2}}}")
    group, tokens = start, 0
    for found in pieces.finditer(content, start, end):
        size = estimate_tokens(found[0])
        if tokens and tokens + size > max_tokens:
            yield group, found.start(), tokens
            group, tokens = found.start(), 0
        tokens += size
    yield group, end, tokens


def _stripped(content: str, start: int, end: int) -> tuple[int, int]:
    text = content[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
