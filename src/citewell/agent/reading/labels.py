"""Labels that forms of any field and language have, and how people ask for them: `data/fields.toml`."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from citewell.agent.reading.vocabulary import load, whole_words
from citewell.search.analyse import analyse, query_terms

_LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl")  # that the vocabulary has words of


def _known_fields() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load("fields")["fields"]
    return found


@cache
def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """(field, what a question calls it)."""
    return [(name, whole_words(field["asked"])) for name, field in _known_fields().items()]


@cache
def analysed(name: str) -> tuple[frozenset[str], ...]:
    """The analysed words of each label of a field, the best label first."""
    found = [frozenset(query_terms(label, [code])) for label in _known_fields()[name]["labels"] for code in _LANGUAGES]
    return tuple(dict.fromkeys(words for words in found if words))


@cache
def _every_label() -> frozenset[frozenset[str]]:
    return frozenset(words for name in _known_fields() for words in analysed(name))


@lru_cache(maxsize=20_000)
def longest_in(words: frozenset[str]) -> int:
    """Returns how many words the longest label of any field has that is among these: "unit price" is no number of
    units.
    """
    return max((len(label) for label in _every_label() if label <= words), default=0)


@cache
def values(name: str) -> re.Pattern[str] | None:
    """Returns the pattern that every value of the field has, such as the @ of an e-mail address; None where it may
    be anything.
    """
    known = _known_fields()[name].get("value")
    return re.compile(known, re.IGNORECASE) if known else None


def is_means(field: str, question: str) -> bool:
    """Whether the question names the field as a means: "by e-mail", "per Telefon"."""
    words = "|".join(load("fields")["means"]["words"])
    return re.search(rf"\b(?:{words})\s+(?:\w+\s+)?{re.escape(field)}", question, re.IGNORECASE) is not None


@cache
def verbs() -> frozenset[str]:
    """Verbs that say how two things hang together and stand on no label: "delivers", "is stored"."""
    return frozenset(load("fields")["verbs"]["words"].split())


@cache
def kinds() -> frozenset[str]:
    """Analysed words of labels that only say what kind of value they have: "date", "number"."""
    words = load("fields")["kinds"]["words"].split()
    return frozenset(term for word in words for code in _LANGUAGES for term in query_terms(word, [code]))


def is_soft(name: str) -> bool:
    """Whether a question may mean the field without a label that says so."""
    return bool(_known_fields()[name].get("soft"))


@cache
def _all() -> frozenset[str]:
    return frozenset(label for field in _known_fields().values() for label in field["labels"])


def is_known(label: str) -> bool:
    """Whether a text is the label of a field."""
    return " ".join(label.lower().strip(" :.").split()) in _all()


@cache
def linking_words() -> frozenset[str]:
    """Returns words that no label ends with: a number after one of these continues a sentence."""
    return frozenset(load("fields")["linking"]["words"].split())


@cache
def linking_terms() -> frozenset[str]:
    """The linking words as they are analysed: "on" of "Sampled on" says nothing."""
    return frozenset(term for word in linking_words() for code in _LANGUAGES for term in analyse(word, code))


@cache
def _synonyms() -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for words in load("fields")["synonyms"]["words"]:
        terms = [frozenset(query_terms(word, [code])) for word in words for code in _LANGUAGES]
        found |= dict.fromkeys(words, tuple(dict.fromkeys(terms)))
    return found


def has_words_in(language: str) -> bool:
    """Whether the vocabulary has words in a language."""
    return language in _LANGUAGES


def is_translated(field: str, word: str, language: str) -> bool:
    """Whether the vocabulary knows a field, or a word of a language, in other languages. A verb may have other meanings
    than the thing that it is listed with: "pay"."""
    return bool(field) or (word.lower() in _synonyms() and not other_forms(word, language))


def is_named(field: str, text: str) -> bool:
    """Whether a text has one of the words by which questions name a field; False without a field."""
    return bool(field) and dict(patterns())[field].search(text) is not None


@cache
def _irregular(language: str) -> dict[str, tuple[frozenset[str], ...]]:
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for words in load("questions")["irregular"].get(language, ()):
        terms = (frozenset(query_terms(word, [language])) for word in words)
        found |= dict.fromkeys(words, tuple(dict.fromkeys(one for one in terms if one)))
    return found


def other_forms(word: str, language: str) -> tuple[frozenset[str], ...]:
    """The analysed forms of an irregular word, "paid" of "pay"; none of any other."""
    return _irregular(language).get(word.lower(), ())


@lru_cache(maxsize=4096)
def alternatives(word: str) -> tuple[frozenset[str], ...]:
    """A word as it is analysed in each language, since a form has too few words to tell its own, and the words that
    stand for the same kind of thing."""
    terms = (frozenset(query_terms(word, [code])) for code in _LANGUAGES)
    return (*dict.fromkeys(found for found in terms if found), *_synonyms().get(word.lower(), ()))
