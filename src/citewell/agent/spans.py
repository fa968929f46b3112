"""Finds a quoted span in a chunk.

Models change white space, quotation marks, dashes and case when they quote, replace the middle by an ellipsis, and add
a punctuation mark at the end. Such a quote is found as well, and its span is not `exact`. With any other difference it
is not found. A span never begins or ends inside a number: "5" does not quote "15".
"""

import html
import re
import unicodedata
from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_SAME = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\u2026": "...",
        "\u00ad": None, "\u200b": None, "\ufeff": None,
    }
)  # fmt: skip
_QUOTE_MARKS = "\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb "
_END_MARKS = ".,;: "
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:\.\.\.|\u2026)\s*\]|\.\.\.|\u2026)\s*")
_LEAST_PART = 8  # characters on each side of an ellipsis
_MOST_PARTS = 8
_REACH = 1500  # characters from the first to the last part around an ellipsis, where the quote itself is short
_TRIES = 50  # places where a quote stands inside a number
_MARKUP = re.compile(r"[*`\\&_]")
_EMPHASIS = re.compile(r"(?<!\w)(?:\*{1,3}|`|_{1,2})|(?:\*{1,3}|`|_{1,2})(?!\w)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|$~<>-])")
_CJK_FROM = "\u2e80"


class Span(NamedTuple):
    """The characters of the content from `start` up to `end`. `exact` says that they equal the quote's."""

    start: int
    end: int
    exact: bool


@lru_cache(maxsize=256)
def find_span(content: str, quote: str) -> Span | None:
    """Returns where the quote stands in the content; None if it is not there.

    Quotation marks around the quote are dropped, unless the content has them.
    """
    quote = quote.strip()
    bare = quote.strip(_QUOTE_MARKS)
    for text in dict.fromkeys((quote, bare)):
        if text and (start := first_place(content, text)) is not None:
            return Span(start, start + len(text), exact=True)
    plain = without_markup(bare)
    texts = (quote, bare, bare.rstrip(_END_MARKS), plain, plain.rstrip(_END_MARKS))
    for wanted in dict.fromkeys(_folded(text)[0] for text in texts):
        if found := next(_in_order(content, [wanted]), None):
            return found
    return _around_ellipsis(content, plain)


def without_markup(text: str) -> str:
    """Returns the text without Markdown's emphasis, code marks and escapes, and with HTML entities decoded."""
    if not _MARKUP.search(text):
        return text
    return _ESCAPED.sub(r"\1", _EMPHASIS.sub("", html.unescape(text))).strip()


def first_place(text: str, part: str, start: int = 0) -> int | None:
    """Returns the first offset of `part` from `start` on where it cuts no number in two; None if there is none."""
    for _ in range(_TRIES):
        start = text.find(part, start)
        if start < 0:
            return None
        if not _cuts_number(text, start, start + len(part)):
            return start
        start += 1
    return None


def _cuts_number(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    first, last = text[start].isdigit(), text[end - 1].isdigit()
    cut_left = first and bool(before) and (before[-1].isdigit() or (before[-1] in ".," and before[:-1].isdigit()))
    cut_right = last and bool(after) and (after[0].isdigit() or (after[0] in ".," and after[1:].isdigit()))
    return cut_left or cut_right


def _around_ellipsis(content: str, quote: str) -> Span | None:
    """Returns the span from the first to the last part of a quote with ellipses; None if they are not all there in
    their order.
    """
    parts = [folded for part in _ELLIPSIS.split(quote) if (folded := _folded(part)[0])]
    if len(parts) == 1 and _ELLIPSIS.search(quote):
        return next(_in_order(content, parts), None)
    if not 1 < len(parts) <= _MOST_PARTS or min(map(len, parts)) < _LEAST_PART:
        return None
    spans = list(_in_order(content, parts))
    if len(spans) < len(parts) or spans[-1].end - spans[0].start > max(4 * len(quote), _REACH):
        return None
    return Span(spans[0].start, spans[-1].end, exact=False)


def _in_order(content: str, parts: list[str]) -> Iterator[Span]:
    """Yields the span of each part, searched after the one before it. Ends at the first part that is not found."""
    folded, origins = _folded_content(content)
    place = 0
    for part in parts:
        start = first_place(folded, part, place) if part else None
        if start is None:
            return
        place = start + len(part)
        yield Span(origins[start], origins[place - 1] + 1, exact=False)


def _folded(text: str) -> tuple[str, "array[int]"]:
    """Returns (text in lower case and plain characters, offset of each of them in the original).

    White space becomes one space between two words, and is removed elsewhere: `$ 5` and `$5` are the same.
    """
    kept: list[str] = []
    origins = array("L")
    space = -1
    for place, char in enumerate(text):
        if char.isspace():
            space = place
            continue
        for piece in unicodedata.normalize("NFC", char).translate(_SAME).casefold():
            if space >= 0 and kept and _in_word(kept[-1]) and _in_word(piece):
                kept.append(" ")
                origins.append(space)
            space = -1
            kept.append(piece)
            origins.append(place)
    return "".join(kept), origins


# An answer cites the same few chunks again and again.
_folded_content = lru_cache(maxsize=32)(_folded)


def _in_word(char: str) -> bool:
    return char.isalnum() and char < _CJK_FROM
