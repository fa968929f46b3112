"""Words of a question that say how it asks, or which document it means: "what was ... as the report says"."""

import re
import tomllib
from collections.abc import Set
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\S+")
EDGES = ".,;:?!()\"“”„«»'’¿¡"
_POSSESSIVE = re.compile(r"['’]s$")


@cache
def asking_words(language: str) -> frozenset[str]:
    """Returns the asking words of a language, in lower case; empty for a language that the vocabulary does not have."""
    text = (files("citewell.search") / "asking.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["words"].get(language, "").split())


def plain_word(word: str) -> str:
    """Returns a word of a text in lower case, without marks around it and without its genitive."""
    return _POSSESSIVE.sub("", word.strip(EDGES)).lower()


def topic(query: str, language: str, names: Set[str]) -> str:
    """Returns the query in lower case, without the words that ask and the words that name its documents.

    The whole query if nothing else is left.
    """
    generic = asking_words(language) | asking_words("en")
    kept = []
    for word in _WORD.findall(query):
        plain = plain_word(word)
        if plain not in generic and plain not in names:
            kept.append(word)
    return " ".join(kept) or query
