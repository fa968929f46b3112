"""The vocabulary of figures, from `concepts.toml`: the names that people ask for, and the labels that tables give
them."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from citewell.kit.patterns import longest, whole_words

_FOOTNOTE = re.compile(r"(?:\((?:\d|[a-z])\)|[®™*†‡¹²³])+$")


@cache
def vocabulary() -> Mapping[str, Any]:
    """Returns the whole file, parsed."""
    return tomllib.loads((files("citewell.search") / "concepts.toml").read_text(encoding="utf-8"))


def concept(name: str) -> dict[str, Any]:
    """Returns the entry of a concept; the head of `concepts.toml` describes its keys."""
    found: dict[str, Any] = vocabulary()["concepts"][name]
    return found


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, whole_words(known["asked"])) for name, known in vocabulary()["concepts"].items()]


def named_in(text: str) -> list[tuple[int, int, str]]:
    """(start, end, concept) of each figure that a question names, in its order. Where one name contains another, the
    longest counts."""
    return longest(_patterns(), text)


@cache
def _lines() -> list[tuple[str, re.Pattern[str]]]:
    known = vocabulary()["concepts"].items()
    return [(name, whole_words([*one["asked"], *map(re.escape, one["rows"])])) for name, one in known]


def lines_in(text: str) -> list[tuple[int, int, str]]:
    """Like `named_in`, for a text that may call figures as tables do: "additions to property and equipment"."""
    return longest(_lines(), text)


@cache
def statement(kind: str) -> re.Pattern[str]:
    """Finds the captions of the main statements of a report ("main"), or what makes a caption none ("not_main")."""
    return whole_words(vocabulary()["statements"][kind])


@cache
def _named_statements() -> list[tuple[str, re.Pattern[str]]]:
    captions = vocabulary()["statements"]["captions"]
    of = r"(?:(?:un)?audited |condensed |consolidated )*"
    return [(kind, re.compile(rf"{of}{whole_words(words).pattern}", re.IGNORECASE)) for kind, words in captions.items()]


def statements_in(text: str) -> list[tuple[int, int, str]]:
    """(start, end, kind) of the statements that a question names, such as the balance sheet: they say where to look,
    not what for."""
    return longest(_named_statements(), text)


@lru_cache(maxsize=20_000)
def plain_label(label: str) -> str:
    """Returns a label in the form that is compared: lower case, without footnote marks, colons and the like."""
    text = _FOOTNOTE.sub("", label.lower().replace("’", "'").replace("–", "-").replace("—", "-").rstrip())
    return " ".join(re.sub(r"[®™:*]", " ", text).replace(" - ", "-").split())
