"""Figures that a question asks for, and the passages that state them in a row of a table.

A statement says "Total net sales | 81,797" and hardly a word more, so passages that talk about sales come nearer to the
question, by words and by meaning. A row is recognised by its label (`concepts.toml` lists the few that each figure
has), a statement by its caption.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from uuid import UUID

import msgspec

from citewell.search.analyse import analysed_text
from citewell.search.concepts import concept, named_in, plain_label, vocabulary
from citewell.search.repository.candidates import PassageKey

_MOST = 6  # figures of one question
_LABELS_ASKED = 3  # labels of each figure that go into the query for passages
_LATER = 0.03  # less for each label listed before the one that matched
_LEAST = 0.7  # the least for a known label
_HOLDS, _MORE = 0.5, 0.1  # for a label that begins with a known one; less for each further word
_MAIN = 1.25  # factor for a row of a main statement
_ASKED_STATEMENT = 1.5  # factor for a row of the statement that the question names
_LANGUAGES = ("en", "de", "fr", "es")  # of captions


class Wanted(msgspec.Struct, frozen=True):
    """The figures that a question asks for.

    `labels` lists the row labels of each line, the best first. `figures` names the lines of each figure by their index
    in `labels`: (its own line, the lines that it can be computed from). `query` finds passages that may state them;
    `statements` are the kinds of statement that the question names."""

    labels: tuple[tuple[str, ...], ...]
    figures: tuple[tuple[int, tuple[int, ...]], ...]
    query: str
    statements: frozenset[str]


@lru_cache(maxsize=256)
def wanted_figures(question: str) -> Wanted | None:
    """Returns the figures that the question asks for; None if it names none."""
    text = question.lower()
    named = [name for _, _, name in named_in(text)]
    named = [name for name in dict.fromkeys(named) if concept(name)["rows"]][:_MOST]
    if not named:
        return None
    lines = list(dict.fromkeys(line for name in named for line in (name, *concept(name).get("of", ()))))
    figures = [(lines.index(name), tuple(map(lines.index, concept(name).get("of", ())))) for name in named]
    asked = frozenset(kind for kind, captions in _captions().items() if any(caption in text for caption in captions))
    kinds = dict.fromkeys([*asked, *map(_statement_of, lines)])
    words = [label for name in lines for label in concept(name)["rows"][:_LABELS_ASKED]]
    words += [caption for kind in kinds if kind in _captions() for caption in _captions()[kind][:2]]
    labels = tuple(tuple(concept(name)["rows"]) for name in lines)
    return Wanted(labels, tuple(figures), " ".join(words), asked)


def _statement_of(name: str) -> str:
    known = concept(name)
    return str(known.get("statement") or {"flow": "income", "point": "balance"}.get(known["kind"], ""))


def _captions() -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Sequence[str]] = vocabulary()["statements"]["captions"]
    return found


@cache
def _analysed_captions() -> dict[str, frozenset[str]]:
    return {
        kind: frozenset(f" {analysed_text(caption, code)} " for caption in captions for code in _LANGUAGES)
        for kind, captions in _captions().items()
    }


@cache
def _analysed_not_main() -> frozenset[str]:
    return frozenset(f" {analysed_text(word, 'en')} " for word in vocabulary()["statements"]["not_main"])


def stated(wanted: Wanted, text: str, indexed: str) -> tuple[float, ...]:
    """Returns how well the rows of a passage state each line, from 0 to 1.5.

    `indexed` is the analysed text of the passage with its context in front: captions of the page and the head of the
    table.
    """
    labels = [plain_label(label) for line in text.split("\n") if (label := _label_of(line))]
    if not labels:
        return ()
    standing = _standing(wanted, indexed)
    return tuple(standing * max(_same(label, known) for label in labels) for known in wanted.labels)


def by_chunk(wanted: Wanted, passages: Mapping[PassageKey, tuple[str, str]]) -> dict[UUID, tuple[float, int]]:
    """Scores each chunk: (how well its passages together state the figures, from 0 to 1.5; the ordinal of the
    passage that states most).

    Chunks that state none are left out. The values of `passages` are (text, analysed text).
    """
    rows: dict[UUID, dict[int, tuple[float, ...]]] = {}
    for (chunk, ordinal), (text, indexed) in passages.items():
        if any(values := stated(wanted, text, indexed)):
            rows.setdefault(chunk, {})[ordinal] = values
    return {
        chunk: (
            combined(wanted, [max(values) for values in zip(*held.values(), strict=True)]),
            max(held, key=lambda ordinal: sum(held[ordinal])),
        )
        for chunk, held in rows.items()
    }


def combined(wanted: Wanted, lines: Sequence[float]) -> float:
    """Returns how well the figures are stated, from how well each line is: by their own line, or by lines they are
    computed from.
    """
    values = [max(lines[own], sum(lines[part] for part in of) / len(of) if of else 0.0) for own, of in wanted.figures]
    return sum(values) / len(values)


def _standing(wanted: Wanted, indexed: str) -> float:
    padded = f" {indexed} "
    kinds = {kind for kind, captions in _analysed_captions().items() if any(caption in padded for caption in captions)}
    if kinds & wanted.statements:
        return _ASKED_STATEMENT
    return _MAIN if kinds and not any(word in padded for word in _analysed_not_main()) else 1.0


def _label_of(line: str) -> str:
    """Returns the first cell of a row that has figures behind it; "" for any other line."""
    label, bar, rest = line.partition(" | ")
    return label.strip("| ") if bar and re.search(r"\d", rest) else ""


def _same(label: str, known: Sequence[str]) -> float:
    if label in known:
        return max(1.0 - _LATER * known.index(label), _LEAST)
    begins = [one for one in known if label.startswith(f"{one} ") or label.startswith(f"{one},")]
    more = min((len(label.split()) - len(one.split()) for one in begins), default=9)
    return max(_HOLDS - _MORE * more, 0.0)
