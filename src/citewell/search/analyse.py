"""Text analysis: one function for documents and queries, so that both give the same tokens.

A token has letters and digits only. So PostgreSQL's `simple` configuration, which reads the analysed text into the BM25
index, takes each token as one word and does not change it.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from citewell.search.characters import CJK, MARKS, UNSPACED, ascii_digits, fold, one_word
from citewell.search.numbers import number_tokens
from citewell.search.stemming import make_stemmer
from citewell.search.stopwords import STOP_WORDS

MAX_TOKEN_CHARS = 64
MAX_QUERY_CHARS = 2000
MAX_QUERY_TERMS = 64

_JOINERS = "'’._,/-"
_WORD = rf"[\w{MARKS}]+"
_TERM = re.compile(rf"\b[a-z](?:\+\+|#)|{_WORD}(?:[{_JOINERS}]{_WORD})*")
_PARTS = re.compile(rf"[{_JOINERS}]")
_RUNS = re.compile(f"([{CJK}]+)|([{UNSPACED}]+)")
_CLUSTER = re.compile(f"[^{MARKS}][{MARKS}]*|[{MARKS}]+")
_NUMBER_AND_UNIT = re.compile(r"(\d[\d.,]*)([^\W\d_]+)")
_LETTERS_AND_NUMBER = re.compile(r"([^\W\d_]{2,})(\d{2,})")
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))
_CACHED_TERMS = 200_000
_CACHED_CHARS = 40
_MAX_PARTS = 8


def analyse(text: str, language: str) -> list[str]:
    """Returns the tokens of a text, in order. `language` is an ISO 639-1 code; any other value means no stemming.

    Words are normalised (NFKC), case-folded, stemmed and stripped of accents. Chinese, Japanese, Korean, Thai, Lao,
    Khmer and Burmese become pairs of characters. 81,797 and 81797 give one token, ISO-9001 its parts and the whole.
    """
    return _analyser(language).tokens(text)


def analysed_text(text: str, language: str) -> str:
    """Returns the tokens as one text for the BM25 index, separated by spaces."""
    return " ".join(analyse(text, language))


def query_terms(text: str, languages: Sequence[str]) -> list[str]:
    """Returns the distinct tokens of a query, analysed in each of the languages; at most MAX_QUERY_TERMS.

    The first language is the query's own. Its stop words, and those of the language in which the query is analysed, are
    left out unless the query has no other words.
    """
    text = text[:MAX_QUERY_CHARS]
    stop_words = STOP_WORDS.get(languages[0], frozenset()) if languages else frozenset()
    terms: dict[str, None] = {}
    rest: dict[str, None] = {}
    for language in languages:
        analyser = _analyser(language)
        for term in analyser.split(text):
            chosen = rest if term in stop_words or term in STOP_WORDS.get(language, ()) else terms
            chosen.update(dict.fromkeys(analyser.expand(term)))
    return list(terms or rest)[:MAX_QUERY_TERMS]


@cache
def _analyser(language: str) -> "_Analyser":
    return _Analyser(language)


class _Analyser:
    """The analysis in one language, with a cache of terms."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._stem = make_stemmer(language)
        self._seen: dict[str, tuple[str, ...]] = {}

    def tokens(self, text: str) -> list[str]:
        found: list[str] = []
        for term in self.split(text):
            found.extend(self._seen.get(term) or self.expand(term))
        return found

    def split(self, text: str) -> list[str]:
        """Returns the normalised words. Words that are joined, as by a hyphen, are one term."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
        # lower() after casefold(), which makes capitals of Cherokee letters: PostgreSQL would turn these back.
        return _TERM.findall(text.casefold().lower())

    def expand(self, term: str) -> tuple[str, ...]:
        known = self._seen.get(term)
        if known is not None:
            return known
        # Cut first: finding exponents takes time quadratic in the length.
        tokens = tuple(one_word(token[:MAX_TOKEN_CHARS])[:MAX_TOKEN_CHARS] for token in self._expand(term) if token)
        if len(term) <= _CACHED_CHARS:
            if len(self._seen) >= _CACHED_TERMS:
                self._seen = {}
            self._seen[term] = tokens
        return tokens

    def _expand(self, term: str) -> list[str]:
        if term.isalpha() and term.isascii():
            return [self._stem(term)]
        if term[-1] in "+#":
            return [term.replace("+", "plus").replace("#", "sharp")]
        term = ascii_digits(term)
        if numbers := number_tokens(term, self._language):
            return numbers
        if _RUNS.search(term):
            return self._unspaced(term)
        if found := _NUMBER_AND_UNIT.fullmatch(term):
            return self._with_unit(found[1], found[2])
        return self._joined([part for part in _PARTS.split(term) if part])

    def _word(self, word: str) -> str:
        return fold(self._stem(word))

    def _joined(self, parts: list[str]) -> list[str]:
        """Returns the tokens of parts that are joined by a hyphen, a point or the like.

        With digits, the whole as well.
        """
        if len(parts) == 1:
            return self._single(parts[0])
        whole = "".join(parts)
        if all(len(part) == 1 for part in parts):
            return [fold(whole)]
        tokens = [token for part in parts if part != "s" for token in self._single(part)]
        if len(parts) <= _MAX_PARTS and any(character.isdigit() for character in whole):
            tokens.append(fold(whole))
        return tokens

    def _single(self, part: str) -> list[str]:
        if found := _LETTERS_AND_NUMBER.fullmatch(part):
            return [fold(part), self._word(found[1]), found[2]]
        return [self._word(part)]

    def _with_unit(self, number: str, unit: str) -> list[str]:
        """Returns the tokens of 10kg, 1990s or 3.5m: the number, and the whole."""
        numbers = number_tokens(number.rstrip(".,"), self._language)
        return [*numbers, fold(f"{number}{unit}").replace(".", "d").replace(",", "")]

    def _unspaced(self, term: str) -> list[str]:
        tokens: list[str] = []
        end = 0
        for run in _RUNS.finditer(term):
            tokens += self._between(term[end : run.start()])
            tokens += _pairs(run[0] if run[1] else _CLUSTER.findall(run[0]))
            end = run.end()
        return tokens + self._between(term[end:])

    def _between(self, term: str) -> list[str]:
        return [token for part in _TERM.findall(term) for token in self._expand(part)]


def _pairs(characters: str | list[str]) -> list[str]:
    if len(characters) == 1:
        return [characters[0]]
    return [first + second for first, second in pairwise(characters)]
