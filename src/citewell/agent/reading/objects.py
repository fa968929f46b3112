"""Objects of a question: the thing after an article, such as "for a divorce", and codes, such as "K2". A document that
has the word nowhere says nothing about it, however much else of the question it has."""

import re
from functools import cache, lru_cache

from citewell.agent.reading.document import Opened, codes_in
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.vocabulary import load
from citewell.agent.reading.weights import alike

_CODE = re.compile(r"(?!(?:Q|H|FY|CY)\d)[A-Z]{1,4}-?\d{1,5}[A-Za-z]?")
_LEAST_PARTS = 10  # sentences and fields of a document that a missing word tells something of


def lacks_object(asked: Asked, document: Opened) -> bool:
    """Tells whether a document in the language of the question has the word of an object nowhere.

    A short one may mean it by other words.
    """
    if document.language != asked.language or len(document.sentences) + len(document.fields) < _LEAST_PARTS:
        return False
    lacks_code = any(code.isdisjoint(document.codes) for code in _codes(asked))
    return lacks_code or any(not _stands_in(group, asked, document) for group in _objects(asked))


def _stands_in(group: Group, asked: Asked, document: Opened) -> bool:
    alternatives = [
        *group.alternatives,
        *(words for field in asked.fields if field.text == group.text for words in field.alternatives),
    ]
    return any(words <= document.words for words in alternatives) or bool(alike(group, document.beginnings))


@lru_cache(maxsize=100)
def _codes(asked: Asked) -> tuple[frozenset[str], ...]:
    """Returns what is written like the number of a model or an article, each with and without a plural's s."""
    groups = (group for group in asked.groups if not group.concept and _CODE.fullmatch(group.text))
    return tuple(codes_in(group.text) for group in groups)


@lru_cache(maxsize=100)
def _objects(asked: Asked) -> tuple[Group, ...]:
    """Returns the things after an article.

    What stands right after "is the" is what is asked for, and documents may have another name for it; but of a person
    that is asked for they have the office.
    """
    return tuple(
        group for group in asked.groups if not group.concept and not group.tells_apart and _is_object(group, asked)
    )


def _is_object(group: Group, asked: Asked) -> bool:
    if asked.language == "de" and not group.text[:1].isupper():
        return False  # a verb or an adjective
    pattern = rf"{_article()}\s+(?P<between>[^\W\d_]+\s+)?{re.escape(group.text)}(?!\w|\s+\w{{4,}})"
    place = re.search(pattern, asked.text, re.IGNORECASE)
    if place is None or (place["copula"] and "person" not in asked.kinds):
        return False
    # "the company loan"; in other languages the noun comes first, and behind "does the provider" comes the verb.
    return not place["between"] or (asked.language in ("en", "de") and not place["auxiliary"])


@cache
def _article() -> str:
    words = load("questions")["objects"]
    before = rf"(?P<copula>{'|'.join(words['copulas'])})|(?P<auxiliary>{'|'.join(words['auxiliaries'])})"
    return rf"\b(?:(?:{before})\s+)?(?:{'|'.join(words['articles'])})"
