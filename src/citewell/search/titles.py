"""Finds the documents that a question names, by the words of their names, titles and first pages.

Only distinctive words count: those in some names, or on the first pages of a few documents, which state the company,
the period and the customer. A document's share is between 0 and 1: the mean of the share of the question's distinctive
words that the document has, and the share of its name that the question has. Words weigh more the rarer they are, and
words of names double. Years are equal in all forms (FY18, FY2018, 2018). `Best Buy` names `BESTBUY`. `The latest` names
the newest of several documents with equal shares.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from uuid import UUID

import msgspec

from citewell.search.analyse import analyse
from citewell.search.asking import EDGES, asking_words, plain_word
from citewell.search.periods import asks_for_latest, date_of
from citewell.search.stopwords import STOP_WORDS

_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
_YEAR = re.compile(r"(?:fy|cy)?((?:19|20)\d\d)|(?:fy|cy)(\d\d)")
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4"}
_POSSESSIVE = re.compile(r"['’]s\b")
_MOST_COMMON = 0.5  # a word on a larger share of first pages is not distinctive
_NAME_WEIGHT = 2.0
_NOT_LATEST = 0.7
_ALIKE = 0.9
_ABOUT = 0.75
_CANDIDATES = 200
_MAX_QUERY_WORDS = 64


class DocumentWords(msgspec.Struct, frozen=True):
    """The words that name a document: those of its name, those of its title and first page; and its date (see
    `periods.date_of`)."""

    name: frozenset[str]
    opening: frozenset[str]
    date: int | None = None

    @classmethod
    def of(cls, name: str, opening: str = "") -> "DocumentWords":
        text = name.replace("_", " ")
        dates = [date for date in (date_of(opening), date_of(text)) if date is not None]
        # The more exact date wins: a whole date on the first page over a year in the name.
        date = next((date for date in dates if date % 10_000), dates[0] if dates else None)
        return cls(frozenset(_words(text)), frozenset(_words(opening)), date)


class Titles:
    """An index of the names of a project's documents by their words."""

    def __init__(self, documents: Mapping[UUID, DocumentWords]) -> None:
        self._documents = documents
        names = Counter(word for found in documents.values() for word in found.name)
        openings = Counter(word for found in documents.values() for word in found.opening)
        either = Counter(word for found in documents.values() for word in found.opening | found.name)
        count = len(documents)
        self._words = {word: math.log(1 + count / number) for word, number in either.items()}
        self._names = {word: math.log(1 + count / number) for word, number in names.items()}
        self._telling = {
            word: math.log(1 + count / number) * (_NAME_WEIGHT if word in names else 1.0)
            for word, number in either.items()
            if number < count and (word in names or (openings[word] <= _MOST_COMMON * count and word not in _asking()))
        }
        self._wholes = {key: sum(self._names[word] for word in found.name) for key, found in documents.items()}
        self._by_word: dict[str, list[UUID]] = {}
        for document_id, found in documents.items():
            for word in found.name | found.opening:
                if word in self._telling:
                    self._by_word.setdefault(word, []).append(document_id)

    def named(self, query: str) -> dict[UUID, float]:
        """Returns the share of each document that the question names best; all others are left out."""
        asked = _asked(query)
        told = sorted((word for word in asked if word in self._telling), key=lambda word: len(self._by_word[word]))
        whole = sum(self._telling[word] for word in told)
        shares = {key: self._share(key, told, whole) for key in self._candidates(told)}
        return self._latest(shares) if shares and asks_for_latest(query) else shares

    def _candidates(self, told: Sequence[str]) -> dict[UUID, None]:
        """Returns the documents with the rarest of the words: so the size of the project does not matter."""
        found: dict[UUID, None] = {}
        for word in told:
            if len(found) >= _CANDIDATES:
                break
            found |= dict.fromkeys(self._by_word[word][:_CANDIDATES])
        return found

    def _share(self, document_id: UUID, told: Sequence[str], whole: float) -> float:
        words = self._documents[document_id]
        said = sum(self._telling[word] for word in told if word in words.name or word in words.opening)
        named = sum(self._names[word] for word in told if word in words.name)
        return (said / whole + named / (self._wholes[document_id] or 1.0)) / 2

    def naming(self, query: str, documents: Sequence[UUID]) -> frozenset[str]:
        """Returns the words of the question, in lower case, that name all of these documents: words of their names, and
        names and numbers on their first pages.
        """
        found = [self._documents[key] for key in documents if key in self._documents]
        if not found:
            return frozenset()
        names = frozenset.intersection(*(one.name for one in found))
        openings = frozenset.intersection(*(one.name | one.opening for one in found))
        naming = set()
        for word in query.split():
            plain = plain_word(word)
            parts = frozenset(_words(plain))
            capital = word.lstrip(EDGES)[:1]
            quarter = plain in _ORDINALS and f"q{_ORDINALS[plain]}" in names
            if quarter or (parts and parts <= (openings if capital.isupper() or capital.isdigit() else names)):
                naming.add(plain)
        return frozenset(naming)

    def about(self, text: str) -> frozenset[UUID]:
        """Returns the documents whose name or first page has at least three quarters of the words (weighted by rarity),
        such as those of a company. Words that no document has are ignored.
        """
        asked = [word for word in _asked(text) if word in self._words]
        whole = sum(self._words[word] for word in asked)
        if not whole:
            return frozenset()
        found = (
            (key, sum(self._words[word] for word in asked if word in words.name or word in words.opening))
            for key, words in self._documents.items()
        )
        return frozenset(key for key, weight in found if weight >= _ABOUT * whole)

    def date(self, document_id: UUID) -> int | None:
        """Returns the document's date (see `periods.date_of`); None if it has none."""
        found = self._documents.get(document_id)
        return None if found is None else found.date

    def _latest(self, shares: Mapping[UUID, float]) -> dict[UUID, float]:
        """Lowers the shares of all but the newest among documents with nearly equal shares."""
        dates = {key: self._documents[key].date or 0 for key in shares}
        best = max(shares.values())
        newest = max(dates[key] for key, share in shares.items() if share >= _ALIKE * best)
        return {key: share if dates[key] >= newest else share * _NOT_LATEST for key, share in shares.items()}


def _asked(query: str) -> frozenset[str]:
    """Returns the words of a question, and the words that two or three neighbours make when joined."""
    raw = list(_words(_POSSESSIVE.sub("", query)))[:_MAX_QUERY_WORDS]
    joined = ["".join(pair) for pair in pairwise(raw)]
    joined += ["".join(three) for three in zip(raw, raw[1:], raw[2:], strict=False)]
    quarters = [f"q{_ORDINALS[word]}" for word, after in pairwise(raw) if word in _ORDINALS and after == "quarter"]
    return frozenset([*raw, *joined, *quarters])


@cache
def _asking() -> frozenset[str]:
    """Returns the English and German words that say how a question asks. On a first page they are not distinctive."""
    words = " ".join(word for code in ("en", "de") for word in asking_words(code))
    return frozenset(analyse(words, "unknown")) - frozenset(_ORDINALS)


def _words(text: str) -> Iterator[str]:
    for token in analyse(text, "unknown"):
        found = _YEAR.fullmatch(token)
        if found is not None:
            yield found[1] or f"20{found[2]}"
        elif token not in _STOP_WORDS or token in _ORDINALS:
            yield token
