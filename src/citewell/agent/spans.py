"""Finding a quoted span in a chunk, character for character.

Models change white space, quotation marks and dashes when they quote. Such a quote is mapped to the chunk's own
characters; any other difference means that the words are not there.
"""

import unicodedata

_SAME = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u00ad": None, "\u200b": None,
    }
)  # fmt: skip


def find_span(content: str, quote: str) -> tuple[int, int] | None:
    """(start, end) of the quote in the content, in characters of the content; None if it is not there."""
    quote = quote.strip()
    if not quote:
        return None
    start = content.find(quote)
    if start >= 0:
        return start, start + len(quote)
    wanted, _ = _folded(quote)
    folded, origins = _folded(content)
    start = folded.find(wanted)
    if start < 0 or not wanted:
        return None
    return origins[start], origins[start + len(wanted) - 1] + 1


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with runs of white space as one space and typographic variants as their plain forms, and for each of
    its characters the place in the original."""
    kept: list[str] = []
    origins: list[int] = []
    for place, char in enumerate(text):
        if char.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
                origins.append(place)
            continue
        for piece in unicodedata.normalize("NFC", char).translate(_SAME):
            kept.append(piece)
            origins.append(place)
    while kept and kept[-1] == " ":
        kept.pop()
        origins.pop()
    return "".join(kept), origins
