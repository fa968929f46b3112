"""Splits an answer in Markdown into the sentences, list items and table rows that assert something."""

import re
from collections.abc import Iterator

import msgspec

_FENCE = re.compile(r"\s*(?:```|~~~)")
_SKIPPED = re.compile(r"\s*(?:#{1,6}\s|(?:-\s*){3,}$|(?:\*\s*){3,}$|\*\*[^*]+\*\*:?\s*$)")
_SEPARATOR = re.compile(r"\s*\|?\s*:?-{2,}[\s|:-]*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+|\s*>\s*")
# A full stop ends a sentence if a capital letter or a script without case follows, and not after a single letter.
# The pattern begins with the character class, so that the regular expression engine can skip to the marks.
_END = re.compile(
    r"[.!?。！？]+(?:(?<=[。！？])[”」』）]*"
    r"|(?<![\s.]\w\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bz\.B\.)[\"'”’)*]*(?=\s+[^a-z\s]|\s*$))"
)
_ASKS = re.compile(r"[?？][\"'”’)*]*$")


class Sentence(msgspec.Struct, frozen=True):
    """A sentence without surrounding white space. All numbers are character offsets in the answer.

    The next sentence begins at `reach`: citations between `end` and `reach` belong to this one.
    """

    text: str
    start: int
    end: int
    reach: int


def blocks(text: str) -> Iterator[list[Sentence]]:
    """Yields the sentences of each paragraph, list item and table row.

    Headings, code, questions and sentences that end with a colon are left out.
    """
    for start, end, is_row in _spans(text):
        sentences = [_row(text, start, end)] if is_row else list(_sentences(text, start, end))
        yield [sentence for sentence in sentences if sentence.text and _asserts(sentence.text)]


def _asserts(text: str) -> bool:
    return not (_ASKS.search(text) or text.rstrip("*_ ").endswith((":", "：")))


def _spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yields (start, end, whether it is a table row) of each block."""
    lines, place = [], 0
    for line in text.split("\n"):
        lines.append((place, line))
        place += len(line) + 1
    in_code, opened, last = False, -1, 0
    for index, (at, line) in enumerate(lines):
        item = _ITEM.match(line)
        is_row = line.lstrip().startswith("|")
        fence = _FENCE.match(line) is not None
        ends = fence or in_code or is_row or item is not None or not line.strip() or _SKIPPED.match(line) is not None
        if ends and opened >= 0:
            yield opened, last, False
            opened = -1
        if fence:
            in_code = not in_code
        elif in_code or not line.strip() or _SKIPPED.match(line):
            continue
        elif is_row:
            header = index + 1 < len(lines) and _SEPARATOR.match(lines[index + 1][1])
            if not header and not _SEPARATOR.match(line):
                yield at, at + len(line), True
        else:
            opened = opened if opened >= 0 else at + (item.end() if item else 0)
            last = at + len(line)
    if opened >= 0:
        yield opened, last, False


def _row(text: str, start: int, end: int) -> Sentence:
    return _sentence(text, start, end, end)


def _sentences(text: str, start: int, end: int) -> Iterator[Sentence]:
    place = start
    for stop in _END.finditer(text, start, end):
        if stop.end() > place:
            rest = text[stop.end() : end]
            reach = end - len(rest.lstrip())
            yield _sentence(text, place, stop.end(), reach)
            place = reach
    if text[place:end].strip():
        yield _sentence(text, place, end, end)


def _sentence(text: str, start: int, end: int, reach: int) -> Sentence:
    part = text[start:end]
    inner = part.strip()
    first = start + len(part) - len(part.lstrip())
    return Sentence(inner, first, first + len(inner), reach)
