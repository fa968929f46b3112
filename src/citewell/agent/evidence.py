"""Finds evidence for a claim in the retrieved chunks, if the model named no source or quoted no words."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from citewell.agent.claim_numbers import has_numbers
from citewell.agent.claims import supports
from citewell.agent.knowledge import ChunkText
from citewell.agent.spans import Span
from citewell.search.analyse import analyse, query_terms

_UNIT = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？](?![\s\n]|$)[^.!?。！？\n]*)*(?:[.!?。！？]+[”\"')\]]*|(?=\n)|$)")
_PIECE = re.compile(r"\S(?:.{0,298}\S)?(?=\s|$)|\S{300}", re.DOTALL)  # of a sentence without an end
_LEAST_COVERED = 0.5  # of a claim's terms, by the chunk and by what is quoted
_AROUND = 300  # characters on each side that count as the passage
_MAX_QUOTE = 600  # characters


class Evidence(NamedTuple):
    """A span of the chunk with this label."""

    label: str
    span: Span


class _Unit(NamedTuple):
    start: int
    end: int
    terms: frozenset[str]


def find_evidence(claim: str, shown: Iterable[tuple[str, ChunkText]], language: str) -> Evidence | None:
    """Returns the sentence or table row, or the pair of consecutive ones, that backs the claim best; None if none does.

    `shown` are (label, chunk).
    """
    terms = frozenset(query_terms(claim, [language]))
    best, found = 0.0, None
    for label, chunk in shown:
        if _covered(terms, _chunk_terms(chunk.content, language)) <= max(best, _LEAST_COVERED):
            continue
        if not has_numbers(claim, chunk.content, language):
            continue
        score, span = _best_span(claim, terms, chunk, language)
        if span is not None and score > best:
            best, found = score, Evidence(label, span)
    return found


def sentences_at(content: str, start: int, end: int, language: str) -> str:
    """Returns the sentences or table rows that overlap with a span of a text, cut to _MAX_QUOTE characters."""
    touched = [unit for unit in _units(content, language) if unit.start < end and unit.end > start]
    return content[touched[0].start : touched[-1].end][:_MAX_QUOTE] if touched else content[start:end]


def _best_span(claim: str, terms: frozenset[str], chunk: ChunkText, language: str) -> tuple[float, Span | None]:
    units = _units(chunk.content, language)
    pairs = [
        _Unit(one.start, two.end, one.terms | two.terms)
        for one, two in pairwise(units)
        if two.end - one.start <= _MAX_QUOTE
    ]
    ranked = sorted(
        (unit for unit in (*units, *pairs) if unit.end - unit.start <= _MAX_QUOTE),
        key=lambda unit: (-_covered(terms, unit.terms), unit.end - unit.start),
    )
    for unit in ranked[:3]:
        score = _covered(terms, unit.terms)
        if score < _LEAST_COVERED:
            break
        around = chunk.content[max(unit.start - _AROUND, 0) : unit.end + _AROUND]
        if supports(claim, " ".join((chunk.document_name, *chunk.heading_path, around)), language):
            return score, Span(unit.start, unit.end, exact=True)
    return 0.0, None


def _covered(terms: frozenset[str], held: frozenset[str]) -> float:
    return len(terms & held) / len(terms) if terms else 0.0


@lru_cache(maxsize=256)
def _chunk_terms(content: str, language: str) -> frozenset[str]:
    return frozenset(analyse(content, language))


@lru_cache(maxsize=64)
def _units(content: str, language: str) -> tuple[_Unit, ...]:
    """Returns the sentences and table rows of a chunk without surrounding white space; long ones are split."""
    found = []
    for match in _UNIT.finditer(content):
        for piece in _PIECE.finditer(match[0]):
            start = match.start() + piece.start()
            found.append(_Unit(start, start + len(piece[0]), frozenset(analyse(piece[0], language))))
    return tuple(found)
