"""Finds the formula that a question states for a measure: in a sentence that defines it, behind "defined as", in
brackets, or as what it asks for ("EBITDA less capital expenditures")."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, pairwise

import msgspec

from citewell.agent.reading import formulas, phrases
from citewell.agent.reading.formula_text import read
from citewell.agent.reading.formulas import closing
from citewell.agent.reading.vocabulary import any_of, load, whole_words
from citewell.search.concepts import lines_in, named_in

_MAX_TITLE = 60
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_MAX_YEARS = 9
_DEEPEST = 3  # definitions that use definitions
_MOST_PLACES = 4  # where a formula is looked for in a sentence, and brackets of a question
_MOST_SENTENCES = 20  # that may define something


class Stated(msgspec.Struct, frozen=True):
    """A formula that a question states: expanded, with the name that it gives to it (or ""), and the question without
    it."""

    formula: str
    title: str
    rest: str


class _Definition(msgspec.Struct, frozen=True):
    title: str
    formula: str


def stated(question: str) -> Stated | None:
    """Returns the formula that a question states; None if it states none.

    Asking for the average of a formula or line over some years states a formula too, as does asking for annual growth.
    """
    over = _over_years().search(question)
    if over is None:
        return _stated(question)
    periods = _COUNTS.get(over["count"].lower()) or int(over["count"])
    rest = f"{question[: over.start()]}{over['what'] or ''}{question[over.end() :]}"
    found = _stated(rest)
    line = next((name for _, _, name in named_in(rest)), "")
    if not 1 < periods <= _MAX_YEARS or not (formula := found.formula if found else line):
        return found
    made = formulas.grown(formula, periods) if over["growth"] else formulas.averaged(formula, periods)
    of = found.title if found else ""
    of = of[:1].lower() + of[1:] if of[1:2].islower() else of
    return Stated(made, _title(f"{over[0]} {of}"), found.rest if found else rest)


@cache
def _over_years() -> re.Pattern[str]:
    words = load("questions")["formulas"]
    count = any_of([*_COUNTS, "[2-9]"])
    kinds = rf"(?:{any_of(words['of_years'])}|(?P<what>(?:\w+ ){{0,3}}?)(?P<growth>{any_of(words['growth'])}))"
    return re.compile(rf"\b(?P<count>{count})[- ]years? {kinds}(?: (?:of|in))?(?!\w)", re.IGNORECASE)


def _stated(question: str) -> Stated | None:
    definitions, rest = _definitions(question)
    known = {one.title.lower(): one.formula for one in definitions if one.title}
    if not definitions:
        return _behind_marker(question) or _in_brackets(question) or _asked_for(question, known)
    asked = _asked_for(rest, known)
    if asked is not None and any(name in asked.title.lower() for name in known):
        return asked
    named = (one for one in definitions if one.title and one.title.lower() in rest.lower())
    chosen = next(named, definitions[0])
    return Stated(chosen.formula, chosen.title, rest)


def _definitions(question: str) -> tuple[list[_Definition], str]:
    """Returns what sentences define, and the question without these sentences. A definition may use others, in any
    order."""
    sentences = phrases.sentences(question)
    found: dict[int, _Definition] = {}
    for _ in range(_DEEPEST):
        known = {one.title.lower(): one.formula for one in found.values() if one.title}
        found = {
            place: definition
            for place, sentence in enumerate(sentences[:_MOST_SENTENCES])
            if "?" not in sentence and (definition := _definition(sentence, known)) is not None
        }
    rest = " ".join(sentence for place, sentence in enumerate(sentences) if place not in found)
    return list(found.values()), rest


def _definition(sentence: str, known: Mapping[str, str]) -> _Definition | None:
    for marker in islice(_words("defining").finditer(sentence), _MOST_PLACES):
        title = _title(sentence[: marker.start()])
        others = {name: formula for name, formula in known.items() if name != title.lower()}
        if formula := read(sentence[marker.end() :], others):
            return _Definition(title, formula)
    return None


def _asked_for(question: str, known: Mapping[str, str]) -> Stated | None:
    """Returns the formula that is itself asked for: two lines with an operator between them, or the part of a line in
    all sales ("COGS % margin")."""
    spans = sorted([*lines_in(question), *_spans_of(question, known)])
    for (start, end, _), (after, last, _) in pairwise(spans):
        joins = _words("joining").fullmatch(question[end:after].strip())
        if joins and (formula := read(question[start:last], known)):
            return Stated(formula, _title(question[start:last]), question)
    for start, end, name in named_in(question):
        if margin := _margin().match(question, end):
            return Stated(f"{name} / revenue * 100", _title(question[start : margin.end()]), question)
    return None


@cache
def _margin() -> re.Pattern[str]:
    return re.compile(rf"\s*{any_of(load('questions')['formulas']['margin'])}(?!\w)", re.IGNORECASE)


def _spans_of(question: str, known: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for name in known:
        for match in whole_words([re.escape(name)]).finditer(question):
            yield match.start(), match.end(), name


def _behind_marker(question: str) -> Stated | None:
    for marker in islice(_words("defined").finditer(question), _MOST_PLACES):
        told = question[marker.end() :]
        told = told[: next((place for place, character in enumerate(told) if character in ",?"), len(told))]
        if formula := read(told, {}):
            before, after = question[: marker.start()].rstrip(" ,"), question[marker.end() + len(told) :]
            return Stated(formula, "", _joined(before, after))
    return None


def _in_brackets(question: str) -> Stated | None:
    for start, end, inner in islice(_brackets(question), _MOST_PLACES):
        if formula := read(inner, {}):
            return Stated(formula, "", _joined(question[:start], question[end:]))
    return None


def _joined(before: str, after: str) -> str:
    after = after.lstrip()
    return f"{before.rstrip()}{'' if after[:1] in ('?', ',', '.') else ' '}{after}".strip()


def _title(text: str) -> str:
    """Returns the words in front of a definition as the name of what it defines: without "define"."""
    title = _words("introducing").sub("", text).strip(" ,:")
    return title[:1].upper() + title[1:] if len(title) <= _MAX_TITLE else ""


def _brackets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields (start, end, inner text) of the outermost brackets."""
    place = 0
    while (start := text.find("(", place)) >= 0:
        try:
            end = closing(text, start) + 1
        except ValueError:
            return
        yield start, end, text[start + 1 : end - 1]
        place = end


@cache
def _words(kind: str) -> re.Pattern[str]:
    return whole_words(load("questions")["formulas"][kind])
