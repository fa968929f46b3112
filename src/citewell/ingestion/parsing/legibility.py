"""Measures how much of a document is readable text, so that an unreadable one comes with a warning."""

import unicodedata

import msgspec

from citewell.ingestion.blocks import Block, ParsedDocument
from citewell.ingestion.reading_warnings import warning

_SAMPLE = 100_000  # characters from the beginning, the middle and the end together
_MAX_ILLEGIBLE = 0.1  # share of characters that nobody can read
_MOSTLY = 0.5


def judged(document: ParsedDocument) -> ParsedDocument:
    """Returns the document with a warning before its own if much of its text is illegible.

    An illegible block then has at most the share of its legible characters as its confidence, so that citations of it
    have a warning, too. If most of the document is illegible, no block gets more than the document's share.
    """
    share = illegible_share(document.text)
    if share <= _MAX_ILLEGIBLE:
        return document
    least = share if share > _MOSTLY else 0.0
    blocks = [_doubted(block, max(illegible_share(block.text), least)) for block in document.blocks]
    return msgspec.structs.replace(
        document, blocks=blocks, warnings=[warning("illegible", share=f"{share:.0%}"), *document.warnings]
    )


def _doubted(block: Block, share: float) -> Block:
    if share <= _MAX_ILLEGIBLE:
        return block
    known = 1.0 if block.confidence is None else block.confidence
    return msgspec.structs.replace(block, confidence=round(min(known, 1 - share), 3))


def illegible_share(text: str) -> float:
    """Returns the share of illegible characters, from 0 to 1. White space does not count."""
    third = _SAMPLE // 3
    if len(text) > _SAMPLE:
        middle = len(text) // 2
        text = text[:third] + text[middle : middle + third] + text[-third:]
    shown = [char for char in text if not char.isspace()]
    return sum(_is_illegible(char) for char in shown) / max(len(shown), 1)


def _is_illegible(char: str) -> bool:
    """Whether the character is U+FFFD, unassigned, for private use, a surrogate, or a control character above ASCII."""
    return char == "\ufffd" or (ord(char) > 126 and unicodedata.category(char) in ("Cn", "Co", "Cc", "Cs"))
