"""Finding a quoted span in a chunk, character for character.

Models change white space, quotation marks and dashes when they quote. Such a quote is mapped to the chunk's own
characters; any other difference means that the words are not there.
"""

import unicodedata
from array import array
from functools import lru_cache

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
_CJK_FROM = "\u2e80"


def find_span(content: str, quote: str) -> tuple[int, int] | None:
    """(start, end) of the quote in the content, in characters of the content; None if it is not there.

    Quotation marks around the quote, if they are not the content's own, are left off.
    """
    quote = quote.strip()
    return _find(content, quote) or _find(content, quote.strip(_QUOTE_MARKS))


def _find(content: str, quote: str) -> tuple[int, int] | None:
    if not quote:
        return None
    start = content.find(quote)
    if start >= 0:
        return start, start + len(quote)
    wanted, _ = _folded(quote)
    folded, origins = _folded_content(content)
    start = folded.find(wanted)
    if start < 0 or not wanted:
        return None
    return origins[start], origins[start + len(wanted) - 1] + 1


def _folded(text: str) -> tuple[str, "array[int]"]:
    """The text in plain characters, and for each of them its place in the original.

    White space stays as one space between two words, and goes elsewhere: `$ 5` and `$5` are the same.
    """
    kept: list[str] = []
    origins = array("L")
    space = -1
    for place, char in enumerate(text):
        if char.isspace():
            space = place
            continue
        for piece in unicodedata.normalize("NFC", char).translate(_SAME):
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
