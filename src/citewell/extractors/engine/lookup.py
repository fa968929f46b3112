"""Finds the place of a stated value in the text: a model's word is no evidence."""

import re
from collections.abc import Iterator
from typing import Any

from citewell.agent.spans import find_span
from citewell.extractors.classes import FieldSpec
from citewell.extractors.engine.evidence import Found
from citewell.extractors.engine.figures import scale_at
from citewell.extractors.engine.pages import Document
from citewell.extractors.engine.values import Typed, clean, typed
from citewell.extractors.engine.words import named
from citewell.search.characters import CJK, UNSPACED

_SURE, _ELSEWHERE = 0.9, 0.75  # in the quoted words, and found without them
_INFERRED = 0.6
_UNSPACED = re.compile(f"[{CJK}{UNSPACED}]")
Place = tuple[int, int, int]  # chunk, start, end


def look_up(document: Document, spec: FieldSpec, value: Any, quote: str) -> Found | None:
    """Returns the value as the document has it, with its place; None if it does not stand there.

    A choice that no word names, such as an enum's, holds by the quoted words alone, and counts as derived from them.
    """
    quoted, is_cut = _quoted(document, quote) if quote else (None, False)
    if quoted is not None and (found := _inside(document, spec, value, quoted, _SURE)) is not None:
        return found
    for chunk, text in enumerate(document.chunks):
        found = _inside(document, spec, value, (chunk, 0, len(text.content)), _ELSEWHERE)
        if found is not None:
            return found
    if quoted and not is_cut and spec.kind in ("enum", "bool") and (spec.kind == "bool" or value in spec.values):
        return Found(value, (document.source(*quoted, "input"),), _INFERRED)
    return None


def _quoted(document: Document, quote: str) -> tuple[Place | None, bool]:
    """Returns (where the quotation stands, extended to whole words; whether it cuts any word)."""
    for index, chunk in enumerate(document.chunks):
        span = find_span(chunk.content, quote)
        if span is not None:
            start, end = _whole_words(chunk.content, span.start, span.end)
            return (index, start, end), (start, end) != (span.start, span.end)
    return None, False


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while _is_joined(text, start):
        start -= 1
    while _is_joined(text, end):
        end += 1
    return start, end


def _is_joined(text: str, at: int) -> bool:
    """Whether the characters on both sides belong to one word; in scripts without spaces none do."""
    return 0 < at < len(text) and all(char.isalnum() and not _UNSPACED.match(char) for char in text[at - 1 : at + 1])


def _inside(document: Document, spec: FieldSpec, value: Any, place: Place, score: float) -> Found | None:
    """Returns the value in the words of a place.

    What stands beside them in their lines decides what they say: 5 is no value of "-5" or "5 million", and "paid" none
    of "unpaid".
    """
    chunk, start, end = place
    content = document.chunks[chunk].content
    if spec.kind == "text":
        return _text(document, value, place, score)
    first = content.rfind("\n", 0, start) + 1
    last = content.find("\n", end)
    for one in _typed(document, spec, content[first : last if last >= 0 else len(content)]):
        if first + one.end <= start or first + one.start >= end:
            continue
        factor, over = (1.0, "")
        if spec.kind in ("int", "number") and not one.scaled and one.unit != "percent":
            factor, over = scale_at(document, chunk, first + one.start)
        scaled = clean(one.value * factor) if factor != 1.0 else one.value
        if _same(one.value, value) or _same(scaled, value):
            source = document.source(chunk, first + one.start, first + one.end)
            return Found(scaled, (source,), score, one.unit or over, one.currency)
    return None


def _typed(document: Document, spec: FieldSpec, text: str) -> Iterator[Typed]:
    if spec.kind == "bool":
        return iter(())
    return typed(named(spec), text, document.style)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and not isinstance(other, bool):
        try:
            return abs(float(one) - float(other)) <= 1e-9 * max(abs(float(one)), 1.0)
        except (TypeError, ValueError):
            return False
    return bool(one == other)


def _text(document: Document, value: Any, place: Place, score: float) -> Found | None:
    if not isinstance(value, str) or not value.strip():
        return None
    chunk, start, end = place
    content = document.chunks[chunk].content
    words = r"\s+".join(re.escape(word) for word in value.split())
    for flags in (re.NOFLAG, re.IGNORECASE):
        for match in re.compile(words, flags).finditer(content, start, end):
            if not _is_joined(content, match.start()) and not _is_joined(content, match.end()):
                source = document.source(chunk, match.start(), match.end())
                return Found(value if match[0] == value else " ".join(match[0].split()), (source,), score)
    return None
