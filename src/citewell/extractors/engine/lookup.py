"""From a value that somebody states to its place in the text: a model's word is no evidence."""

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

_SURE, _ELSEWHERE = 0.9, 0.75  # in the quoted words, and found without them
_INFERRED = 0.6
Place = tuple[int, int, int]  # chunk, start, end


def look_up(document: Document, spec: FieldSpec, value: Any, quote: str) -> Found | None:
    """The value as the document has it, with its place; None where it does not stand there.

    A choice that no word names, such as an enum's, holds by the quoted words alone, and counts as derived from them.
    """
    quoted = _quoted(document, quote) if quote else None
    for place in [quoted] if quoted else []:
        if (found := _inside(document, spec, value, place, _SURE)) is not None:
            return found
    for chunk, text in enumerate(document.chunks):
        found = _inside(document, spec, value, (chunk, 0, len(text.content)), _ELSEWHERE)
        if found is not None:
            return found
    if quoted and spec.kind in ("enum", "bool") and (spec.kind == "bool" or value in spec.values):
        return Found(value, (document.source(*quoted, "input"),), _INFERRED)
    return None


def _quoted(document: Document, quote: str) -> Place | None:
    for index, chunk in enumerate(document.chunks):
        span = find_span(chunk.content, quote)
        if span is not None:
            return index, span.start, span.end
    return None


def _inside(document: Document, spec: FieldSpec, value: Any, place: Place, score: float) -> Found | None:
    chunk, start, end = place
    text = document.chunks[chunk].content[start:end]
    if spec.kind == "text":
        return _text(document, value, text, place, score)
    for one in _typed(document, spec, text):
        factor, over = (1.0, "")
        if spec.kind in ("int", "number") and not one.scaled and one.unit != "percent":
            factor, over = scale_at(document, chunk, start + one.start)
        scaled = clean(one.value * factor) if factor != 1.0 else one.value
        if _same(one.value, value) or _same(scaled, value):
            source = document.source(chunk, start + one.start, start + one.end)
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


def _text(document: Document, value: Any, text: str, place: Place, score: float) -> Found | None:
    if not isinstance(value, str) or not value.strip():
        return None
    words = r"\s+".join(re.escape(word) for word in value.split())
    edge = r"(?<!\w)" if value.strip()[0].isalnum() else ""
    edge_end = r"(?!\w)" if value.strip()[-1].isalnum() else ""
    match = re.search(f"{edge}{words}{edge_end}", text) or re.search(f"{edge}{words}{edge_end}", text, re.IGNORECASE)
    if match is None:
        return None
    chunk, start, _ = place
    source = document.source(chunk, start + match.start(), start + match.end())
    return Found(value if match[0] == value else " ".join(match[0].split()), (source,), score)
